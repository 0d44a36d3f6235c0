/** The smallest app: a single file, no configuration. It is served at http://hello.localhost:8080/. */
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const name = decodeURIComponent(pathname.slice(1)) || 'World';
    return new Response(`Hello, ${name}!\n`);
  },
};
