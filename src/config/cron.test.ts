import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cron, cronFault } from './cron.ts';

const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00Z`);
const shown = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16).replace('T', ' '));

/** The times that follow one. */
function following(cron: string, start: string, count: number): (string | undefined)[] {
  const parsed = new Cron(cron);
  const times: (string | undefined)[] = [];
  for (let time: number | undefined = at(start); times.length < count && time !== undefined; ) times.push(shown((time = parsed.next(time))));
  return times;
}

const FOLLOWING: readonly [cron: string, start: string, times: readonly string[]][] = [
  ['* * * * *', '2026-01-01 00:00', ['2026-01-01 00:01', '2026-01-01 00:02']],
  ['*/30 * * * *', '2026-01-01 00:00', ['2026-01-01 00:30', '2026-01-01 01:00']],
  ['45 * * * *', '2026-01-01 23:50', ['2026-01-02 00:45', '2026-01-02 01:45']],
  ['0 0 * * *', '2026-12-31 00:00', ['2027-01-01 00:00']],
  // Cloudflare's examples
  ['0 17 * * sun', '2026-01-01 00:00', ['2026-01-04 17:00', '2026-01-11 17:00']],
  ['0 17 * * 1', '2026-01-01 00:00', ['2026-01-04 17:00', '2026-01-11 17:00']],
  ['10 7 * * mon-fri', '2026-01-01 08:00', ['2026-01-02 07:10', '2026-01-05 07:10']],
  ['10 7 * * 2-6', '2026-01-01 08:00', ['2026-01-02 07:10', '2026-01-05 07:10']],
  ['0 15 1 * *', '2026-01-01 15:00', ['2026-02-01 15:00', '2026-03-01 15:00']],
  ['0 18 * * 6L', '2026-01-01 00:00', ['2026-01-30 18:00', '2026-02-27 18:00']],
  ['0 18 * * friL', '2026-01-01 00:00', ['2026-01-30 18:00', '2026-02-27 18:00']],
  ['59 23 LW * *', '2026-01-01 00:00', ['2026-01-30 23:59', '2026-02-27 23:59', '2026-03-31 23:59']],
  // lists, ranges, steps
  ['5,15,5 * * * *', '2026-01-01 00:00', ['2026-01-01 00:05', '2026-01-01 00:15', '2026-01-01 01:05']],
  ['*/15,30-59/10 0 * * *', '2026-01-01 00:00', ['2026-01-01 00:15', '2026-01-01 00:30', '2026-01-01 00:40', '2026-01-01 00:45', '2026-01-01 00:50']],
  ['50/5 3 * * *', '2026-01-01 00:00', ['2026-01-01 03:50', '2026-01-01 03:55', '2026-01-02 03:50']],
  ['50-10/10 3 * * *', '2026-01-01 00:00', ['2026-01-01 03:00', '2026-01-01 03:10', '2026-01-01 03:50']],
  ['0 20-4/2 * * *', '2026-01-01 00:00', ['2026-01-01 02:00', '2026-01-01 04:00', '2026-01-01 20:00', '2026-01-01 22:00', '2026-01-02 00:00']],
  ['0 0 * * FRI-MON', '2026-01-01 00:00', ['2026-01-02 00:00', '2026-01-03 00:00', '2026-01-04 00:00', '2026-01-05 00:00', '2026-01-09 00:00']],
  ['0 0 1 nov-feb *', '2026-01-01 00:00', ['2026-02-01 00:00', '2026-11-01 00:00', '2026-12-01 00:00']],
  ['0 0 */10 * *', '2026-01-01 00:00', ['2026-01-11 00:00', '2026-01-21 00:00', '2026-01-31 00:00', '2026-02-01 00:00']],
  ['0 0 * */3 SUN#1', '2026-01-01 00:00', ['2026-01-04 00:00', '2026-04-05 00:00', '2026-07-05 00:00']],
  ['0-0 7-7 * * *', '2026-01-01 08:00', ['2026-01-02 07:00']],
  // L, W, #
  ['0 0 L * *', '2026-01-01 00:00', ['2026-01-31 00:00', '2026-02-28 00:00']],
  ['0 0 L FEB *', '2027-03-01 00:00', ['2028-02-29 00:00']],
  ['0 0 L-1 FEB *', '2026-01-01 00:00', ['2026-02-27 00:00']],
  ['0 0 L-30W * *', '2021-04-30 00:00', ['2021-05-03 00:00']],
  ['0 0 LW MAY *', '2020-01-01 00:00', ['2020-05-29 00:00', '2021-05-31 00:00']],
  ['0 0 L-1W MAY *', '2020-01-01 00:00', ['2020-05-29 00:00', '2021-05-31 00:00']],
  ['0 0 1W MAY *', '2020-01-01 00:00', ['2020-05-01 00:00', '2021-05-03 00:00', '2022-05-02 00:00']],
  ['0 0 15W AUG *', '2026-01-01 00:00', ['2026-08-14 00:00', '2027-08-16 00:00']],
  ['0 0 31W * *', '2026-05-01 00:00', ['2026-05-29 00:00', '2026-07-31 00:00']],
  ['0 0 * * L', '2026-01-01 00:00', ['2026-01-03 00:00', '2026-01-10 00:00']],
  ['0 0 * * 7L', '2020-01-01 00:00', ['2020-01-25 00:00', '2020-02-29 00:00', '2020-03-28 00:00']],
  ['0 0 * * SAT#5', '2020-01-01 00:00', ['2020-02-29 00:00', '2020-05-30 00:00', '2020-08-29 00:00']],
  ['0 0 * * 2#2', '2026-01-01 00:00', ['2026-01-12 00:00', '2026-02-09 00:00']],
  // both kinds of day: either
  [
    '0 0 13 * FRI',
    '2026-02-01 00:00',
    ['2026-02-06 00:00', '2026-02-13 00:00', '2026-02-20 00:00', '2026-02-27 00:00', '2026-03-06 00:00', '2026-03-13 00:00'],
  ],
  ['0 0 1 * MON#1', '2026-02-01 00:00', ['2026-02-02 00:00', '2026-03-01 00:00', '2026-03-02 00:00']],
  // leap years
  ['0 0 29 2 *', '2026-01-01 00:00', ['2028-02-29 00:00', '2032-02-29 00:00']],
  ['0 0 29 2 *', '2096-03-01 00:00', ['2104-02-29 00:00']],
  ['0 0 * FEB SUN#5', '2026-01-01 00:00', ['2032-02-29 00:00', '2060-02-29 00:00']],
];

for (const [cron, start, times] of FOLLOWING) {
  test(`next: "${cron}" after ${start}`, () => {
    assert.deepEqual(following(cron, start, times.length), times);
    for (const time of times) assert.equal(new Cron(cron).matches(at(time)), true);
  });
}

test('next: seconds count for nothing, and what never comes is undefined', () => {
  assert.equal(new Cron('* * * * *').next(at('2026-01-01 00:00') + 59_999), at('2026-01-01 00:01'));
  assert.equal(new Cron('* * * * *').next(at('2026-01-01 00:00') - 1), at('2026-01-01 00:00'));
  assert.equal(new Cron('0 0 31 11 *').next(at('2026-01-01 00:00')), undefined);
  assert.equal(new Cron('0 0 30W FEB *').next(at('2026-01-01 00:00')), undefined);
});

test('next and matches agree over two years', () => {
  for (const cron of ['7 3 L-2 * 2#3', '*/20 22-1 10-20/3 feb-nov TUE,thu', '0 12 15W * *', '30 6 LW * *']) {
    const parsed = new Cron(cron);
    const [start, end] = [at('2026-01-01 00:00'), at('2028-01-01 00:00')];
    const matched: number[] = [];
    for (let time = start + 60_000; time < end; time += 60_000) if (parsed.matches(time)) matched.push(time);
    const named: number[] = [];
    for (let time = parsed.next(start); time !== undefined && time < end; time = parsed.next(time)) named.push(time);
    assert.deepEqual(named, matched, cron);
  }
});

const FAULTS: readonly [cron: string, fault: RegExp][] = [
  ['', /1 fields where there are five/],
  ['* * * *', /4 fields/],
  ['* * * * * *', /6 fields/],
  [' * * * * *', /6 fields/],
  ['@daily', /1 fields/],
  ['60 * * * *', /"60" is not a minute: 0 to 59/],
  ['-1 * * * *', /"" is not a minute/],
  ['* 24 * * *', /"24" is not an hour: 0 to 23/],
  ['* * 0 * *', /"0" is not a day of the month: 1 to 31/],
  ['* * 32 * *', /"32" is not a day of the month/],
  ['* * * 13 *', /"13" is not a month: 1 to 12, or JAN to DEC/],
  ['* * * JANUARY *', /"JANUARY" is not a month/],
  ['* * * * 0', /"0" is not a day of the week: 1 to 7, or SUN to SAT/],
  ['* * * * 8', /"8" is not a day of the week/],
  ['* * * * MOON', /"MOON" is not a day of the week/],
  ['*/0 * * * *', /"0" is not a step: 1 to 59/],
  ['*/60 * * * *', /"60" is not a step: 1 to 59/],
  ['* * */31 * *', /"31" is not a step: 1 to 30/],
  ['* * * * */7', /"7" is not a step: 1 to 6/],
  ['*,5 * * * *', /"\*" stands alone/],
  ['5,* * * * *', /"\*" stands alone/],
  ['*-30/5 * * * *', /"\*" is not a minute/],
  ['1-2-3 * * * *', /not of the form/],
  ['1/2/3 * * * *', /not of the form/],
  ['1, * * * *', /"" is not a minute/],
  ['? * * * *', /"\?" is not a minute/],
  ['* * ? * *', /"\?" is not a day of the month/],
  ['L * * * *', /"L" is not a minute/],
  ['* * L,15 * *', /L and W cannot be part of a list/],
  ['* * 15W,20 * *', /L and W cannot be part of a list/],
  ['* * L-0 * *', /1 to 30 days before/],
  ['* * L-31 * *', /1 to 30 days before/],
  ['* * 32W * *', /"32" is not a day of the month/],
  ['* * l * *', /"l" is not a day of the month/],
  ['* * * * MON#6', /what follows # is 1 to 5/],
  ['* * * * MON#0', /what follows # is 1 to 5/],
  ['* * * * MON#1,TUE#1', /what follows #|"1,TUE" /],
  ['* * * * 2L,3L', /L and # cannot be part of a list/],
  ['1e1 * * * *', /"1e1" is not a minute/],
  ['+1 * * * *', /"\+1" is not a minute/],
];

for (const [cron, fault] of FAULTS) test(`fault: "${cron}"`, () => assert.match(cronFault(cron) ?? 'none', fault));

test('fault: none where there is none', () => {
  for (const cron of ['* * * * *', '0\t0 * *  *', '00 007 * * *']) assert.equal(cronFault(cron), undefined, cron);
});
