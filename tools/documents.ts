/** What the documents promise each other: links that lead somewhere, pages that can be found, decisions of one form. */
import { posix } from 'node:path';

/** Text of documents by path in the repository. */
export type Documents = Readonly<Record<string, string>>;

/** Every relative link leads to a file or folder of the repository, and to a heading where it names one. */
export function linkProblems(documents: Documents, paths: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  for (const [from, text] of Object.entries(documents)) {
    for (const { path, heading } of linksOf(from, text)) {
      const target = documents[path];
      if (!paths.has(path)) problems.push(`${from} links to ${path}, which is not there.`);
      else if (heading !== undefined && target !== undefined && !anchorsOf(target).has(heading))
        problems.push(`${from} links to "${heading}" of ${path}, which has no such heading.`);
    }
  }
  return problems;
}

/** Whoever follows links from README.md comes by every page of docs/. */
export function unreachedPages(documents: Documents): string[] {
  const reached = new Set<string>();
  const waiting = ['README.md'];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    const text = documents[page];
    if (text === undefined || reached.has(page)) continue;
    reached.add(page);
    waiting.push(...linksOf(page, text).map(({ path }) => path));
  }
  const lost = Object.keys(documents).filter((path) => path.startsWith('docs/') && !reached.has(path));
  return lost.map((path) => `No links lead from README.md to ${path}.`);
}

const SECTIONS = ['Context', 'Decision', 'Consequences', 'We would think again'];

/** Decisions are numbered without a gap, and have the sections that CONTRIBUTING.md names. */
export function decisionProblems(documents: Documents): string[] {
  const decisions = Object.entries(documents).filter(([path]) => /^docs\/decisions\/\d/.test(path));
  return decisions
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, text], index) => {
      const number = index + 1;
      const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
      return [
        ...(posix.basename(path).startsWith(`${String(number).padStart(4, '0')}-`) && text.startsWith(`# ${number}. `)
          ? []
          : [`${path} should be number ${number}.`]),
        ...(sections.join() === SECTIONS.join() ? [] : [`${path} should have the sections ${SECTIONS.join(', ')}.`]),
      ];
    });
}

type Link = { path: string; heading: string | undefined };

function linksOf(from: string, text: string): Link[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string).filter((target) => !/^[a-z]+:/.test(target));
  return targets.map((target) => {
    const [path = '', heading] = target.split('#');
    return { path: path === '' ? from : posix.join(posix.dirname(from), path).replace(/\/$/, ''), heading };
  });
}

/** The names that GitHub gives to headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title as string);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
