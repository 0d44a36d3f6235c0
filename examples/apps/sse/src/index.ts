/**
 * Server-sent events: `/events?count=5&interval=500` sends a number now and then, `/` is a page that shows them.
 * The stream ends by itself, or when the client goes away: `cancel` is called then.
 */
const MOST_EVENTS = 1000;

export default {
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/') return new Response(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } });
    if (pathname !== '/events') return new Response('not found\n', { status: 404 });
    const count = clamp(searchParams.get('count'), 10, MOST_EVENTS);
    const interval = clamp(searchParams.get('interval'), 1000, 60_000);
    return new Response(events(count, interval), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
  },
};

function events(count: number, interval: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let sent = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return new ReadableStream({
    start(controller) {
      const send = (): void => {
        sent++;
        controller.enqueue(encoder.encode(`id: ${sent}\ndata: ${JSON.stringify({ number: sent, of: count })}\n\n`));
        if (sent < count) timer = setTimeout(send, interval);
        else controller.close();
      };
      send();
    },
    cancel() {
      clearTimeout(timer);
      console.log(`the client left after ${sent} events`);
    },
  });
}

function clamp(text: string | null, fallback: number, most: number): number {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? fallback : Math.min(Math.max(value, 1), most);
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Server-sent events</title>
<h1>Server-sent events</h1>
<ol id="list"></ol>
<script>
  const source = new EventSource('/events?count=20&interval=500');
  source.onmessage = ({ data }) => {
    const { number, of } = JSON.parse(data);
    const item = document.createElement('li');
    item.textContent = number + ' of ' + of;
    list.append(item);
    if (number === of) source.close();
  };
</script>
</html>
`;
