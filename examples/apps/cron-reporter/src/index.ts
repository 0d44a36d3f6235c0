/**
 * Counts visits, and writes a report of them when its crons say so.
 *
 *     GET /            count a visit
 *     GET /reports     the reports so far, newest first
 *
 * To have one now: nano trigger scheduled cron-reporter --cron "0 7 * * MON#1"
 */
type Report = { kind: 'short' | 'monthly'; scheduled: string; visits: number };
type Env = { REPORTS: KVNamespace };

const MONTHLY = '0 7 * * MON#1';
const KEPT_SECONDS = 400 * 86_400;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/reports') return Response.json(await reports(env));
    if (pathname !== '/') return new Response('Not found\n', { status: 404 });
    const visits = Number(await env.REPORTS.get('visits')) + 1;
    await env.REPORTS.put('visits', String(visits));
    return new Response(`Visit ${visits}\n`);
  },

  async scheduled(controller: ScheduledController, env: Env): Promise<void> {
    const scheduled = new Date(controller.scheduledTime).toISOString();
    const visits = Number(await env.REPORTS.get('visits'));
    const report: Report = { kind: controller.cron === MONTHLY ? 'monthly' : 'short', scheduled, visits };
    // A tick that is run twice writes the same report.
    await env.REPORTS.put(`report ${scheduled} ${report.kind}`, JSON.stringify(report), { expirationTtl: KEPT_SECONDS });
    console.log(`${report.kind} report: ${visits} visits`);
  },
};

async function reports(env: Env): Promise<(Report | null)[]> {
  const { keys } = await env.REPORTS.list({ prefix: 'report ' });
  const all = await Promise.all(keys.map(({ name }) => env.REPORTS.get<Report>(name, 'json')));
  return all.reverse();
}
