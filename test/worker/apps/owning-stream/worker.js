const owning = (start) => new ReadableStream({ type: 'owning', start });

const answers = {
  async buffer() {
    const bytes = new Uint8Array([1, 2, 3]);
    const stream = owning((controller) => controller.enqueue(bytes, { transfer: [bytes.buffer] }));
    const { value } = await stream.getReader().read();
    return Response.json([bytes.length, value.length]);
  },
  async port() {
    const { port1, port2 } = new MessageChannel();
    const stream = owning((controller) => controller.enqueue(port1, { transfer: [port1] }));
    const { value: moved } = await stream.getReader().read();
    const heard = new Promise((resolve) => {
      port2.onmessage = ({ data }) => resolve(data);
    });
    moved.postMessage('hello');
    return Response.json([moved === port1, await heard]);
  },
  body() {
    const bytes = new TextEncoder().encode('moved');
    return new Response(
      owning((controller) => {
        controller.enqueue(bytes, { transfer: [bytes.buffer] });
        controller.close();
      }),
    );
  },
  // Last, since it stays patched.
  async patched() {
    let isSeen = false;
    for (const [owner, name] of [
      [globalThis, 'structuredClone'],
      [ArrayBuffer.prototype, 'transfer'],
      [Map.prototype, 'set'],
    ])
      owner[name] = () => {
        isSeen = true;
      };
    const list = [1];
    const stream = owning((controller) => controller.enqueue(list));
    list.push(2);
    const [one, two] = stream.tee();
    const { value } = await one.getReader().read();
    const { value: other } = await two.getReader().read();
    return Response.json([value, !isSeen && other !== value]);
  },
};

export default { fetch: (request) => answers[new URL(request.url).pathname.slice(1)]() };
