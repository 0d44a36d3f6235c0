/** docs/reference/conformance.md: the recorded figures beside those of others, and what is known to fail. */
import { AREAS, type Area, type Kind } from './areas.ts';
import { countKnown, expectationsFile, type Known, readExpectations } from './expectations.ts';
import { PEER_FIGURES, PEERS, wholeOf } from './peers.ts';
import { percentage } from './report.ts';
import type { Results } from './results.ts';

const NOTE = '<!-- Made by tools/generate-docs.ts from test/conformance: run the tests with --update, then `npm run docs`. -->';

const INTRODUCTION = `How much of the [Web Platform Tests](https://web-platform-tests.org) NANO passes: subtests passed of all that anyone reported,
tentative tests left out. \`npm run wpt -- --wpt DIR\` runs them from a checkout outside the repository.
Apps may have shared memory in that run (\`shared_memory\`), from which some tests take their buffers.

The peers were driven by an earlier runner with the same division of tests, with two differences in NANO’s favour: it answered fetches of a test’s
own files from the bundle instead of a server (12 subtests of fetch/api), and its rewriting broke some ten tests of eventsource.

A subtest is known by its name. Of streams, two names are not counted that are one peer’s for subtests all have. Beside a server, names
with a port in them count anew for each peer, whose ports differed: of fetch/api some 130, which make everybody’s share smaller.`;

export function conformancePage(results: Results): string {
  const parts = ['# Conformance', NOTE, INTRODUCTION, '## In the worker alone', table('plain', results)];
  parts.push(
    '## With a server beside it',
    'Against a small server that speaks plain HTTP and WebSocket and knows some of the suite’s resources only: nobody can pass all of it.',
    table('server', results),
  );
  parts.push('## Known failures', ...AREAS.flatMap((area) => [...failures(area, 'plain'), ...failures(area, 'server')]));
  return `${parts.join('\n\n')}\n`;
}

function table(kind: Kind, results: Results): string {
  const rows = AREAS.flatMap((area) => {
    const result = results[kind][area.name];
    if (result === undefined) return [];
    const whole = wholeOf(kind, area.name, result.subtests);
    const [, ...peers] = PEER_FIGURES[kind][area.name] ?? [];
    const shares = PEERS.map((_, index) => (peers[index] === undefined ? '' : percentage(peers[index], whole)));
    const goal = area[kind] === undefined ? '' : `${area[kind]} %`;
    return [[area.name, result.runs, whole, result.passed, `**${percentage(result.passed, whole)}**`, goal, ...shares]];
  });
  const head = ['Area', 'Runs', 'Subtests', 'Passed', 'NANO', 'Goal', ...PEERS];
  return [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function failures(area: Area, kind: Kind): string[] {
  const known = readExpectations(expectationsFile(area.name, kind));
  if (known.length === 0) return [];
  const title = `### ${area.name}${kind === 'server' ? ', with a server' : ''}`;
  return [title, known.map(line).join('\n')];
}

function line(group: Known): string {
  const count = countKnown([group]);
  return `- ${group.reason} (${count}${group.isFlaky ? ', on some runs' : ''})`;
}
