import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { EgressPolicy } from '../../ports/egress.ts';
import { CompiledPolicy, EgressPatternError, type ForbiddenEndpoint, parsePattern } from './policy.ts';

const compile = (policy: Partial<EgressPolicy>, forbidden: ForbiddenEndpoint[] = []): CompiledPolicy =>
  new CompiledPolicy({ private: 'deny', allow: [], privateAllow: [], deny: [], ...policy }, forbidden);
const open = (policy: CompiledPolicy, host: string, port = 80, address = isIP(host) === 0 ? '8.8.8.8' : host): boolean =>
  policy.judge(host, port) === undefined && policy.judgeAddress(host, port, address) === undefined;

test('deny: private addresses are refused by name and as literals', () => {
  const policy = compile({});
  assert.ok(open(policy, 'example.com'));
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1', '0.0.0.0']) {
    assert.match(policy.judge(address, 80) ?? '', /"private"/, address);
    assert.equal(policy.judgeAddress('intern.example.com', 80, address), 'Access to "intern.example.com" is refused by this app\'s network rules ("private").');
  }
  assert.match(policy.judgeAddress('example.com', 80, 'garbage') ?? '', /private/);
});

test('loopback: lets loopback through and nothing else private', () => {
  const policy = compile({ private: 'loopback' });
  for (const address of ['127.0.0.1', '::1', '0.0.0.0', '::ffff:127.0.0.1']) assert.ok(open(policy, 'localhost', 8787, address), address);
  for (const address of ['10.0.0.1', '169.254.169.254', 'fe80::1']) assert.ok(!open(policy, 'x.test', 8787, address), address);
});

test('all: lets everything through but what is denied', () => {
  const policy = compile({ private: 'all', deny: ['169.254.0.0/16'] });
  assert.ok(open(policy, 'x.test', 80, '10.0.0.1'));
  assert.match(policy.judgeAddress('x.test', 80, '169.254.169.254') ?? '', /"deny"/);
  assert.match(policy.judgeAddress('x.test', 80, '::ffff:169.254.169.254') ?? '', /"deny"/);
});

test('deny list: names, wildcards, addresses, blocks and ports', () => {
  const policy = compile({ deny: ['Bad.example', '*.evil.example', '1.2.3.4', '5.6.0.0/16:8080', '[2606:4700::]/32', 'half.example:8080'] });
  assert.ok(!open(policy, 'bad.example'));
  assert.ok(!open(policy, 'BAD.example.'));
  assert.ok(open(policy, 'not-bad.example'));
  assert.ok(open(policy, 'sub.bad.example'));
  assert.ok(!open(policy, 'a.evil.example'));
  assert.ok(!open(policy, 'a.b.evil.example'));
  assert.ok(open(policy, 'evil.example'));
  assert.ok(open(policy, 'notevil.example'));
  assert.ok(!open(policy, 'x.test', 80, '1.2.3.4'));
  assert.ok(!open(policy, '1.2.3.4'));
  assert.ok(!open(policy, 'x.test', 8080, '5.6.7.8'));
  assert.ok(open(policy, 'x.test', 80, '5.6.7.8'));
  assert.ok(!open(policy, 'x.test', 80, '2606:4700::1'));
  assert.ok(!open(policy, 'half.example', 8080));
  assert.ok(open(policy, 'half.example', 80));
});

test('allow list: nothing else is reachable, and it does not open the private network', () => {
  const policy = compile({ allow: ['api.example.com', 'db.intern:5432', '10.1.0.0/16'] });
  assert.ok(open(policy, 'api.example.com'));
  assert.match(policy.judgeAddress('api.example.com', 80, '192.168.1.1') ?? '', /private/);
  assert.ok(!open(policy, 'db.intern', 5432, '10.9.9.9'));
  assert.ok(!open(policy, '10.1.2.3'));
  assert.match(policy.judgeAddress('other.example', 80, '8.8.8.8') ?? '', /"allow"/);
});

test("the operator's private list: what it names may be private, whatever the app's list says", () => {
  const privateAllow = ['api.example.com', 'db.intern:5432', '10.1.0.0/16'];
  for (const allow of [[], ['other.example']]) {
    const policy = compile({ allow, privateAllow });
    assert.ok(open(policy, 'api.example.com', 80, '192.168.1.1'));
    assert.ok(open(policy, 'db.intern', 5432, '10.9.9.9'));
    assert.ok(!open(policy, 'db.intern', 80, '10.9.9.9'));
    assert.ok(open(policy, 'any.intern', 80, '10.1.2.3'));
    assert.ok(open(policy, '10.1.2.3'));
    assert.ok(!open(policy, '10.2.2.3'));
    assert.ok(open(policy, 'other.example'));
  }
});

test('allow list without blocks: other names are refused before they are resolved', () => {
  assert.match(compile({ allow: ['api.example.com'] }).judge('other.example', 80) ?? '', /"allow"/);
});

test('"*" does not open the private network, in either list', () => {
  const policy = compile({ allow: ['*'], privateAllow: ['*', 'intern.example'] });
  assert.ok(open(policy, 'example.com'));
  assert.ok(!open(policy, 'example.com', 80, '127.0.0.1'));
  assert.ok(open(policy, 'intern.example', 80, '10.0.0.1'));
});

test('deny wins over allow', () => {
  assert.ok(!open(compile({ allow: ['*.example.com'], deny: ['secret.example.com'] }), 'secret.example.com'));
});

test('ports of other protocols are refused unless an entry names them', () => {
  assert.match(compile({}).judgeAddress('mail.example', 25, '8.8.8.8') ?? '', /port 25/);
  assert.ok(!open(compile({ private: 'all' }), 'mail.example', 25));
  assert.ok(open(compile({ allow: ['mail.example:25'] }), 'mail.example', 25));
  assert.ok(!open(compile({ allow: ['mail.example'] }), 'mail.example', 25));
});

test('forbidden endpoints stay closed in every mode and by every name of this machine', () => {
  const policy = compile({ private: 'all', allow: ['localhost', '127.0.0.0/8'] }, [{ host: '127.0.0.1', port: 8081 }]);
  assert.ok(open(policy, 'localhost', 8080, '127.0.0.1'));
  for (const address of ['127.0.0.1', '127.0.0.2', '::1', '0.0.0.0', '::ffff:127.0.0.1']) assert.ok(!open(policy, 'localhost', 8081, address), address);

  const everywhere = compile({ private: 'all' }, [{ host: '0.0.0.0', port: 8081 }]);
  assert.ok(open(everywhere, 'x.test', 8081, '8.8.8.8'));
  for (const list of Object.values(networkInterfaces())) {
    for (const { address } of list ?? []) assert.ok(!open(everywhere, 'x.test', 8081, address), address);
  }
});

test('parsePattern: refuses what it does not understand', () => {
  for (const text of [
    '',
    'a b',
    'http://example.com',
    'example.com/x',
    'example.com:0',
    'example.com:65536',
    'example.com:x',
    '10.0.0.0/33',
    'foo.*',
    '*.',
    '*.*.com',
    '[example.com]',
    '[::1]:',
    '0x7f.1',
    '2130706433',
    'user@example.com',
  ]) {
    assert.throws(() => parsePattern(text), EgressPatternError, text);
  }
  assert.equal(parsePattern('::1').port, undefined);
  assert.equal(parsePattern('[::1]:80').port, 80);
  assert.equal(parsePattern('[fd00::/8]:80').block?.length, 8);
  assert.equal(parsePattern('bücher.example').host, 'xn--bcher-kva.example');
});

test('key: the same for rules that decide the same, and only for them', () => {
  assert.equal(compile({ deny: ['a.test', 'b.test'] }).key, compile({ deny: ['b.test', 'a.test'] }).key);
  assert.notEqual(compile({ deny: ['a.test'] }).key, compile({ allow: ['a.test'] }).key);
  assert.notEqual(compile({}).key, compile({ private: 'loopback' }).key);
});
