#!/usr/bin/env node
// Starts NANO with a Node that can run it. This file is read by whatever `node` the caller has, however old:
// CommonJS (see package.json beside it) and no syntax that is younger than Node 12.
'use strict';

var childProcess = require('child_process');
var fs = require('fs');
var path = require('path');

var OLDEST_NODE = 24;
// The same as in src/isolate/flags.ts, which says why. Only these commands load isolates into the process at hand.
var ISOLATE_FLAGS = ['--no-node-snapshot', '--no-turboshaft-loop-unrolling', '--no-wasm-code-gc', '--no-wasm-async-compilation'];
var ISOLATE_COMMANDS = ['eval', 'repl'];

var root = path.dirname(path.dirname(fs.realpathSync(__filename)));
var argv = process.argv.slice(2);
var flags = ISOLATE_COMMANDS.indexOf(argv[0]) !== -1 ? ISOLATE_FLAGS : [];

function main() {
  if (parseInt(process.versions.node, 10) < OLDEST_NODE) {
    var node = findNode();
    if (node === undefined) {
      process.stderr.write(
        'nano needs Node.js ' +
          OLDEST_NODE +
          ' or newer; this is ' +
          process.version +
          '.\n' +
          'Install a newer Node.js (https://nodejs.org), or put one beside nano: npm install node@26\n',
      );
      process.exit(1);
    }
    return restart(node);
  }
  if (flags.some(isMissing)) return restart(process.execPath);
  run();
}

function isMissing(flag) {
  return process.execArgv.indexOf(flag) === -1;
}

/** The binary of the npm package `node`, in this package or in one that holds it. */
function findNode() {
  for (var dir = root; ; dir = path.dirname(dir)) {
    var names = ['node_modules/node/bin/node', 'node_modules/node/bin/node.exe', 'node_modules/.bin/node'];
    for (var i = 0; i < names.length; i++) {
      var file = path.join(dir, names[i]);
      if (fs.existsSync(file)) return file;
    }
    if (path.dirname(dir) === dir) return undefined;
  }
}

/** The same command in another process: in this one's place where that can be, else below it. */
function restart(node) {
  if (process.env.NANO_RESTARTED === node) {
    process.stderr.write('nano cannot start: ' + node + ' is ' + process.version + '\n');
    process.exit(1);
  }
  var env = Object.assign({}, process.env, { NANO_RESTARTED: node });
  var args = flags.concat([__filename], argv);
  if (typeof process.execve === 'function') {
    try {
      process.execve(node, [node].concat(args), env);
    } catch (error) {
      // Not on this system.
    }
  }
  // Over the channel it sees when this process is killed, which can pass no signal on.
  var child = childProcess.spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: env });
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    process.stderr.write('nano cannot start ' + node + ': ' + error.message + '\n');
    process.exit(1);
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** In the repository the sources, which Node runs as they are; installed as a package what they were compiled to. */
function run() {
  if (process.env.NANO_RESTARTED !== undefined && process.channel) {
    process.on('disconnect', function () {
      process.kill(process.pid, 'SIGTERM');
    });
    process.channel.unref();
  }
  delete process.env.NANO_RESTARTED;
  var source = path.join(root, 'src', 'cli', 'main.ts');
  var isInstalled = root.split(path.sep).indexOf('node_modules') !== -1;
  var file = !isInstalled && fs.existsSync(source) ? source : path.join(root, 'dist', 'cli', 'main.js');
  require('module').enableCompileCache();
  import(require('url').pathToFileURL(file).href)
    .then(function (cli) {
      return cli.main(argv);
    })
    .then(
      function (code) {
        process.exitCode = code;
      },
      function (error) {
        process.stderr.write(String((error && error.stack) || error) + '\n');
        process.exitCode = 1;
      },
    );
}

main();
