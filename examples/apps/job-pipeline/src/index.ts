/**
 * Jobs that are taken in at once and done later, on a queue with a dead-letter queue.
 *
 *     POST /jobs {"text"}     take a job in: its words are to be counted
 *     GET  /jobs/ID           how it stands: queued, retrying, done or failed
 *
 * A text with the word "fail" fails for good, one with "busy" only the first time.
 */
type Job = { id: string; text: string };
type State = { state: 'queued' | 'retrying' | 'done' | 'failed'; attempts: number; words?: number; error?: string };
type Env = { QUEUE: Queue<Job>; JOBS: KVNamespace };

const FIRST_RETRY_SECONDS = 1;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, first, id] = pathname.split('/');
    if (first === '') return new Response('POST a {"text"} to /jobs, then GET /jobs/ID.\n');
    if (first !== 'jobs') return problem(404, 'there is nothing here');
    if (request.method === 'POST') return take(request, env);
    const state = id === undefined ? null : await env.JOBS.get(id);
    return state === null ? problem(404, 'there is no such job') : new Response(state, { headers: { 'content-type': 'application/json' } });
  },

  async queue(batch: MessageBatch<Job>, env: Env): Promise<void> {
    const handle = batch.queue === 'jobs' ? work : bury;
    // Each message is settled for itself: one that fails does not take the others with it.
    await Promise.all(batch.messages.map((message) => handle(message, env)));
  },
};

async function take(request: Request, env: Env): Promise<Response> {
  const asked = (await request.json().catch(() => null)) as { text?: unknown } | null;
  if (typeof asked?.text !== 'string') return problem(400, '"text" must be a string');
  const id = crypto.randomUUID();
  await save(env, id, { state: 'queued', attempts: 0 });
  // From here on the job is safe: it is on disk.
  await env.QUEUE.send({ id, text: asked.text });
  return Response.json({ id }, { status: 202, headers: { location: `/jobs/${id}` } });
}

async function work(message: Message<Job>, env: Env): Promise<void> {
  const { body, attempts } = message;
  try {
    await save(env, body.id, { state: 'done', attempts, words: count(body.text, attempts) });
    message.ack();
  } catch (error) {
    await save(env, body.id, { state: 'retrying', attempts, error: String(error) });
    // Twice as long each time.
    message.retry({ delaySeconds: FIRST_RETRY_SECONDS * 2 ** (attempts - 1) });
  }
}

async function bury({ body }: Message<Job>, env: Env): Promise<void> {
  const last = await env.JOBS.get<State>(body.id, 'json');
  await save(env, body.id, { attempts: 0, ...last, state: 'failed' });
}

function count(text: string, attempts: number): number {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.includes('fail')) throw new Error('this text cannot be counted');
  if (words.includes('busy') && attempts === 1) throw new Error('too busy to count');
  return words.length;
}

const save = (env: Env, id: string, state: State): Promise<void> => env.JOBS.put(id, JSON.stringify(state), { expirationTtl: 86_400 });

const problem = (status: number, error: string): Response => Response.json({ error }, { status });
