/** Checks the documents against each other and against the files there are. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decisionProblems, linkProblems, unreachedPages } from './documents.ts';

const root = dirname(import.meta.dirname);
const paths = new Set(globSync(['*', '{.ci,bench,deploy,docs,examples,src,test,tools}/**'], { cwd: root }));
const documents = Object.fromEntries(
  [...paths].filter((path) => /^(?:[A-Z]+|docs\/.*)\.md$/.test(path)).map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

const problems = [...linkProblems(documents, paths), ...unreachedPages(documents), ...decisionProblems(documents)];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
