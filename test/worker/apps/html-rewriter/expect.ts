import type { Expectation } from '../../../support/expectation.ts';

export const expectations: readonly Expectation[] = [
  {
    name: 'a page is rewritten, with content that is waited for',
    text: '<!doctype html><title>new &amp; better</title><body><a href="https://example.com/x">link</a><footer>late</footer></body>',
  },
  { name: 'a handler that throws fails the body', ask: { path: '/error' }, text: 'boom' },
  { name: 'text is decoded by the charset of the response', ask: { path: '/legacy' }, text: '\u0434,' },
];
