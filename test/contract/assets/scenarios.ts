/** What static assets are asked for, under which settings. */

/** The folder of every scenario. */
export const FILES: Readonly<Record<string, string>> = {
  'index.html': '<h1>home</h1>',
  '404.html': 'nothing here',
  'page.html': 'page',
  'both.html': 'both, the file',
  'both/index.html': 'both, the folder',
  'folder/index.html': 'folder',
  'folder/page.html': 'page in a folder',
  'folder/404.html': 'nothing in this folder',
  bare: 'no ending',
  'bare.html': 'an ending',
  'file/index': 'called index',
  'app.js': 'let a = 1;',
  'data.json': '{"a":1}',
  'style.css': 'a{}',
  'picture.svg': '<svg/>',
  'unknown.greg': 'unknown',
  'empty.txt': '',
  'UPPER.TXT': 'upper',
  'with space.html': 'space',
  'grüße.html': 'grüße',
  '[brackets].js': 'brackets',
  'percent%20.txt': 'percent',
  '.well-known/security.txt': 'contact',
  '.hidden': 'hidden',
  'secret.bak': 'left out',
  'drafts/one.html': 'left out, too',
  '.assetsignore': '*.bak\n/drafts\n!kept.bak\n',
  'kept.bak': 'kept',
};

export const REDIRECTS = `# comment
/old /page 301
/old-302 /page
/see /page 303
/temp /page 307 # a comment
/perm /page 308
/query /page?own=1 302
/hash /page#part
/away https://example.com/there?x=1 301
/served /app.js 200
/served-page /page 200
/served-nothing /nothing 200
/page.html /app.js 302
/blog/:year/:slug /posts/:slug?year=:year 301
/dots/:name.html /names/:name
/splat/* /elsewhere/:splat 302
/rewrite/* /folder/:splat 200
/host/* https://:splat.example.com/ 302
/multi //evil.example/x
relative /app.js
/bad
/bad /status 418
/* /index.html 200
/double /page
/double /app.js
`;

export const HEADERS = `/app.js
  X-One: 1
  Cache-Control: public, max-age=31556952, immutable
/data.json
  ! ETag
  ! cache-control
  X-Two: a
  X-Two: b
/*
  X-All: yes
/folder/*
  X-Splat: :splat
/blog/:year/*
  X-Year: :year and :splat
https://other.example/*
  X-Host: other
https://contract.localhost/*
  X-Host: contract
/app.js
  X-One: again
nonsense
/none
/two/*/stars/*
  X: y
`;

/** Paths that every scenario is asked for. */
export const PATHS: readonly string[] = [
  ...['/', '/index', '/index.html', '/index/', '/page', '/page/', '/page.html', '/page/index', '/page/index.html', '/page.html/'],
  ...['/both', '/both/', '/both.html', '/both/index', '/both/index.html'],
  ...['/folder', '/folder/', '/folder.html', '/folder/index', '/folder/index.html', '/folder/page', '/folder/page/', '/folder/page.html'],
  ...['/bare', '/bare/', '/bare.html', '/file/index', '/file/', '/file', '/file/index.html'],
  ...['/app.js', '/app.js/', '/APP.js', '/data.json', '/style.css', '/picture.svg', '/unknown.greg', '/empty.txt', '/UPPER.TXT', '/upper.txt'],
  ...[
    '/with%20space',
    '/with%20space.html',
    '/gr%C3%BC%C3%9Fe',
    '/gr%c3%bc%c3%9fe.html',
    '/[brackets].js',
    '/%5Bbrackets%5D.js',
    '/percent%20.txt',
    '/percent%2520.txt',
  ],
  ...['/.well-known/security.txt', '/.hidden', '/secret.bak', '/kept.bak', '/drafts/one', '/_headers', '/_redirects', '/.assetsignore'],
  ...['/nothing', '/nothing.html', '/folder/nothing', '/folder/deep/nothing', '/nothing/', '/?query=1', '/page.html?query=1', '/page?query=1'],
  ...['//page', '/folder//page', '//evil.example/..', '/folder/../page', '/folder/./page', '/%2e%2e/page', '/..%2fpage', '/folder%2fpage', '/%2fetc%2fpasswd'],
  ...['/page%00', '/%', '/%zz', '/%ff', '/page%', '/\\page', '/folder\\page', '/..%5c..%5cpage'],
  ...['/old', '/old?a=1', '/old-302', '/see', '/temp', '/perm', '/query?a=1', '/hash?a=1', '/away?y=2', '/served', '/served-page', '/served-nothing'],
  ...['/blog/2026/hello', '/blog/2026/hello/more', '/dots/a.html', '/splat/', '/splat/a/b?c=d', '/rewrite/page', '/rewrite/', '/rewrite/none', '/host/www'],
  ...['/multi', '/relative', '/bad', '/double', '/splat/%2e%2e/x', '/splat//evil.example/x'],
  ...['/api/one', '/api/assets/one', '/only'],
];

export type Scenario = {
  name: string;
  /** `assets` in wrangler.jsonc, without the directory. */
  assets: Readonly<Record<string, unknown>>;
  hasWorker: boolean;
  files?: Readonly<Record<string, string>>;
  compatibilityDate?: string;
};

const RULES = { _redirects: REDIRECTS, _headers: HEADERS };

export const SCENARIOS: readonly Scenario[] = [
  { name: 'auto-trailing-slash, with rules and a worker', assets: { binding: 'ASSETS', not_found_handling: '404-page' }, hasWorker: true, files: RULES },
  { name: 'force-trailing-slash, nothing but assets', assets: { html_handling: 'force-trailing-slash', not_found_handling: '404-page' }, hasWorker: false },
  {
    name: 'drop-trailing-slash, single-page application',
    assets: { html_handling: 'drop-trailing-slash', not_found_handling: 'single-page-application' },
    hasWorker: false,
    files: RULES,
  },
  {
    name: 'no handling of HTML, worker first for some',
    assets: { html_handling: 'none', run_worker_first: ['/api/*', '/page*', '/only', '!/api/assets/*'], not_found_handling: 'single-page-application' },
    hasWorker: true,
  },
  { name: 'worker first', assets: { binding: 'ASSETS', run_worker_first: true }, hasWorker: true, files: RULES },
  {
    name: 'before navigation preferred assets',
    assets: { not_found_handling: 'single-page-application' },
    hasWorker: true,
    compatibilityDate: '2025-03-01',
  },
];
