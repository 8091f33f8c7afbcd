// SPDX-License-Identifier: Apache-2.0
// The C++ engine behind a pipe. Commands may be sent without waiting; answers come in order.
'use strict';

const { spawn } = require('node:child_process');

class EngineError extends Error {}

class Engine {
  constructor(program, environment) {
    this.child = spawn(program, [], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    this.waiting = [];
    this.pieces = [];
    this.size = 0;
    this.child.stdout.on('data', (piece) => {
      this.pieces.push(piece);
      this.size += piece.length;
      this.read();
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    this.ended.then((code) => {
      for (const { reject } of this.waiting) reject(new Error(`the engine ended with ${code}`));
    });
  }

  /** Sends a command; gives text, or a Buffer. Rejects with EngineError where it is refused. */
  send(line, payload) {
    this.child.stdin.write(payload === undefined ? `${line}\n` : `${line} #${payload.length}\n`);
    if (payload !== undefined) this.child.stdin.write(payload);
    const answer = new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
    answer.catch(() => {}); // looked at later
    return answer;
  }

  read() {
    while (this.waiting.length > 0) {
      if (this.wanted !== undefined && this.size < this.wanted) return;
      const all = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces);
      this.pieces = [all];
      const end = all.indexOf(10);
      if (end < 0) return;
      const line = all.toString('utf8', 0, end);
      const sized = /^ok #(\d+)$/.exec(line);
      this.wanted = end + 1 + (sized ? Number(sized[1]) : 0);
      if (all.length < this.wanted) return;
      const { resolve, reject } = this.waiting.shift();
      const body = all.subarray(end + 1, this.wanted);
      this.pieces = [all.subarray(this.wanted)];
      this.size = all.length - this.wanted;
      this.wanted = undefined;
      if (sized) resolve(Buffer.from(body));
      else if (line.startsWith('ok ')) resolve(line.slice(3));
      else reject(new EngineError(line));
    }
  }

  close() {
    this.child.stdin.end();
    return this.ended;
  }
}

module.exports = { Engine, EngineError };
