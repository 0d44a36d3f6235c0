import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionProblems, linkProblems, unreachedPages } from './documents.ts';

test('links: lead to what is there, and to its headings', () => {
  const documents = {
    'README.md': '[a](docs/a.md#how-it-is) [b](docs) [c](https://example.com/x) [d](#top)\n# Top',
    'docs/a.md': '## How it is\n[up](../README.md)',
  };
  const paths = new Set(['README.md', 'docs/a.md', 'docs']);
  assert.deepEqual(linkProblems(documents, paths), []);
  assert.deepEqual(linkProblems({ ...documents, 'docs/a.md': '[up](README.md)' }, paths), [
    'README.md links to "how-it-is" of docs/a.md, which has no such heading.',
    'docs/a.md links to docs/README.md, which is not there.',
  ]);
});

test('pages: every one can be reached from README.md', () => {
  const documents = { 'README.md': '[a](docs/a.md)', 'docs/a.md': '[b](b.md)', 'docs/b.md': '', 'docs/c.md': '[a](a.md)', 'CHANGELOG.md': '' };
  assert.deepEqual(unreachedPages(documents), ['No links lead from README.md to docs/c.md.']);
});

test('decisions: have a number without a gap and all sections', () => {
  const sections = '## Context\n## Decision\n## Consequences\n## We would think again\n';
  const decisions = { 'docs/decisions/README.md': '', 'docs/decisions/0001-a.md': `# 1. A\n${sections}`, 'docs/decisions/0002-b.md': `# 2. B\n${sections}` };
  assert.deepEqual(decisionProblems(decisions), []);
  assert.deepEqual(decisionProblems({ ...decisions, 'docs/decisions/0004-c.md': '# 4. C\n## Context\n' }), [
    'docs/decisions/0004-c.md should be number 3.',
    'docs/decisions/0004-c.md should have the sections Context, Decision, Consequences, We would think again.',
  ]);
});
