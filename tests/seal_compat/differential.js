// SPDX-License-Identifier: Apache-2.0
// Random sequences of operations on both engines, every result held against the other's bytes.
// Usage: differential.js ENGINE NODE_SEAL SEED SEQUENCES; prints the table of cases, then the
// counts as JSON on the last line.
'use strict';

const assert = require('node:assert');
const { Engine } = require('./engine.js');
const { Scheme, SETS, rotationsOf, digest } = require('./scheme.js');

const SLOTS_MODELLED = 16;

/** A small generator, so that a failing sequence can be run again. */
function randomOf(seed) {
  let state = BigInt(seed) * 0x9E3779B97F4A7C15n & 0xFFFFFFFFFFFFFFFFn;
  const next = () => { // splitmix64
    state = (state + 0x9E3779B97F4A7C15n) & 0xFFFFFFFFFFFFFFFFn;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n) & 0xFFFFFFFFFFFFFFFFn;
    z = ((z ^ (z >> 27n)) * 0x94D049BB133111EBn) & 0xFFFFFFFFFFFFFFFFn;
    return z ^ (z >> 31n);
  };
  return {
    word: next,
    below: (limit) => Number(next() % BigInt(limit)),
    pick: (list) => list[Number(next() % BigInt(list.length))],
  };
}

class Sequence {
  constructor(scheme, random) {
    Object.assign(this, { scheme, random, pool: [], later: [], names: 0, owned: [] });
    this.seal = scheme.seal;
    this.engine = scheme.engine;
  }

  keep(object) {
    this.owned.push(object);
    return object;
  }

  name() {
    this.names += 1;
    return `v${this.names}`;
  }

  /** Slots: few large numbers, or all; encoded by both. */
  async message() {
    const { t, set } = this.scheme;
    const slots = new BigUint64Array(set.degree);
    const filled = this.random.pick([1, SLOTS_MODELLED, set.degree]);
    for (let i = 0; i < filled; i += 1) slots[i] = this.random.word() % t;
    const plain = this.keep(this.seal.PlainText());
    this.scheme.encoder.encode(slots, plain);
    const name = this.name();
    this.engine.send(`encode ${name}`, Buffer.from(slots.buffer));
    const ours = await this.engine.send(`save plaintext ${name} none`);
    assert.ok(ours.equals(this.scheme.save(plain)), 'encoded');
    this.scheme.count('known', 'batch map and transform');
    const mode = this.random.pick(['none', 'zlib', 'zstd']);
    await this.engine.send(`load plaintext ${name}`,
      this.scheme.save(plain, this.scheme.modes[mode]));
    this.scheme.count('format', `plaintext, SEAL ${mode} to us`);
    return { name, plain, slots: [...slots.slice(0, SLOTS_MODELLED)] };
  }

  async encrypted() {
    const message = await this.message();
    const made = this.random.below(2) === 0 ? await this.encryptedBySeal(message)
      : await this.encryptedByUs(message);
    this.pool.push({ ...made, slots: message.slots, level: 0, size: 2 });
  }

  async encryptedBySeal({ plain }) {
    const { scheme } = this;
    const name = this.name();
    const kind = this.random.pick(['public', 'symmetric', 'seeded', 'seeded public']);
    const cipher = this.keep(this.seal.CipherText());
    const mode = this.random.pick(['none', 'zlib', 'zstd']);
    const origin = kind.includes('public') ? 'public' : 'symmetric';
    let bytes;
    if (kind.startsWith('seeded')) {
      const travelling = kind === 'seeded' ? scheme.encryptor.encryptSymmetricSerializable(plain)
        : scheme.encryptor.encryptSerializable(plain);
      bytes = scheme.save(travelling, scheme.modes[mode]);
      travelling.delete();
      cipher.loadArray(scheme.context, bytes);
    } else {
      if (kind === 'public') scheme.encryptor.encrypt(plain, cipher);
      else scheme.encryptor.encryptSymmetric(plain, cipher);
      bytes = scheme.save(cipher, scheme.modes[mode]);
    }
    await this.engine.send(`load ciphertext ${name} ${origin}`, bytes);
    await this.compare(name, cipher, `SEAL's ${kind} encryption`);
    scheme.count('format', `ciphertext, SEAL ${mode} to us`);
    scheme.count('encryption', `SEAL ${kind}`);
    return { name, cipher };
  }

  async encryptedByUs(message) {
    const { scheme } = this;
    const name = this.name();
    const kind = this.random.pick(['public', 'symmetric', 'seeded']);
    const mode = this.random.pick(['none', 'zlib', 'zstd']);
    this.engine.send(`encrypt ${kind} ${name} ${message.name}`);
    const object = kind === 'seeded' ? 'seeded' : 'ciphertext';
    const bytes = await this.engine.send(`save ${object} ${name} ${mode}`);
    const cipher = this.keep(this.seal.CipherText());
    cipher.loadArray(scheme.context, bytes);
    await this.compare(name, cipher, `our ${kind} encryption`);
    scheme.count('format', `ciphertext, our ${mode} to SEAL`);
    scheme.count('encryption', `our ${kind}`);
    return { name, cipher };
  }

  /** The serialised bytes of both, by digest. */
  async compare(name, cipher, what) {
    const ours = await this.engine.send(`save digest ${name} none`);
    assert.strictEqual(ours, digest(this.scheme.save(cipher)), what);
  }

  choices(a) {
    const { set } = this.scheme;
    const list = ['add', 'subtract', 'negate', 'add_plain', 'subtract_plain', 'multiply_plain'];
    if (a.size <= (set.degree === 1024 ? 13 : 4)) list.push('multiply', 'square');
    if (a.size > 2 && a.size <= this.scheme.relinMax) list.push('relinearise', 'relinearise');
    if (a.level < this.scheme.ids.length - 2) list.push('switch_modulus');
    if (a.size === 2) list.push('rotate');
    return list;
  }

  async step() {
    const a = this.random.pick(this.pool);
    const operation = this.random.pick(this.choices(a));
    const name = this.name();
    const out = { name, level: a.level, size: a.size };
    const peers = this.pool.filter((b) => b.level === a.level && b.size + a.size <= 17);
    const b = this.random.pick(peers);
    const needed = { add_plain: 1, subtract_plain: 1, multiply_plain: 1 }[operation];
    const message = needed ? await this.message() : undefined;
    if (operation === 'relinearise' && a.size > 3) {
      await this.relinearisedByUs(a, out);
      return;
    }
    let refused;
    try {
      out.cipher = this.keep(this.onSeal(operation, a, b, message, out));
    } catch (error) {
      refused = error;
    }
    const ours = this.onEngine(operation, name, a, b, message, out);
    if (refused !== undefined) {
      const reason = /invalid size/.test(`${refused}`) ? /polynomials; the limit is/ : /transparent/;
      await assert.rejects(ours, reason, `SEAL refused ${operation}: ${refused}`);
      this.scheme.count('operation', 'refused alike');
      return;
    }
    await ours.catch((error) => assert.fail(`${operation}: ${error.message}`));
    this.later.push(this.compare(name, out.cipher, `${operation} at size ${a.size}`));
    this.scheme.count('operation', operation);
    this.pool.push(out);
  }

  /** SEAL 4.1.2 takes the highest polynomial again and again, so that only a size of 3 comes out
   *  right; of more, SEAL decrypts ours. */
  async relinearisedByUs(a, out) {
    await this.engine.send(`relinearise ${out.name} ${a.name}`);
    out.cipher = this.keep(this.seal.CipherText());
    out.cipher.loadArray(this.scheme.context,
      await this.engine.send(`save ciphertext ${out.name} none`));
    Object.assign(out, { size: 2, slots: a.slots });
    this.scheme.count('operation', 'relinearise from 4 or 5, for SEAL to decrypt');
    this.pool.push(out);
  }

  onSeal(operation, a, b, message, out) {
    const { evaluator, relinKeys, galoisKeys } = this.scheme;
    switch (operation) {
      case 'add': return evaluator.add(a.cipher, b.cipher);
      case 'subtract': return evaluator.sub(a.cipher, b.cipher);
      case 'negate': return evaluator.negate(a.cipher);
      case 'multiply': return evaluator.multiply(a.cipher, b.cipher);
      case 'square': return evaluator.square(a.cipher);
      case 'add_plain': return evaluator.addPlain(a.cipher, message.plain);
      case 'subtract_plain': return evaluator.subPlain(a.cipher, message.plain);
      case 'multiply_plain': return evaluator.multiplyPlain(a.cipher, message.plain);
      case 'relinearise': return evaluator.relinearize(a.cipher, relinKeys);
      case 'switch_modulus': return evaluator.cipherModSwitchToNext(a.cipher);
      default:
        out.steps = this.random.pick(rotationsOf(this.scheme.set));
        return out.steps === 0 ? evaluator.rotateColumns(a.cipher, galoisKeys)
          : evaluator.rotateRows(a.cipher, out.steps, galoisKeys);
    }
  }

  onEngine(operation, name, a, b, message, out) {
    const modulo = (x) => ((x % this.scheme.t) + this.scheme.t) % this.scheme.t;
    const model = (f, other) => {
      out.slots = a.slots && other
        ? a.slots.map((x, i) => modulo(f(x, other[i]))) : undefined;
    };
    switch (operation) {
      case 'add': model((x, y) => x + y, b.slots); break;
      case 'subtract': model((x, y) => x - y, b.slots); break;
      case 'negate': model((x) => -x, a.slots); break;
      case 'multiply': model((x, y) => x * y, b.slots); break;
      case 'square': model((x) => x * x, a.slots); break;
      case 'add_plain': model((x, y) => x + y, message.slots); break;
      case 'subtract_plain': model((x, y) => x - y, message.slots); break;
      case 'multiply_plain': model((x, y) => x * y, message.slots); break;
      case 'rotate': break;
      default: out.slots = a.slots;
    }
    if (operation === 'square') {
      out.size = 2 * a.size - 1;
      return this.engine.send(`multiply ${name} ${a.name} ${a.name}`);
    }
    if (operation === 'multiply') out.size = a.size + b.size - 1;
    if (operation === 'add' || operation === 'subtract') out.size = Math.max(a.size, b.size);
    if (operation === 'relinearise') out.size = 2;
    if (operation === 'switch_modulus') out.level += 1;
    let other = '';
    if (operation === 'rotate') other = out.steps;
    else if (message !== undefined) other = message.name;
    else if (['add', 'subtract', 'multiply'].includes(operation)) other = b.name;
    return this.engine.send(`${operation} ${name} ${a.name} ${other}`);
  }

  /** Both decrypt to the same plaintext; where the bound admits it, to what the slots must be. */
  async finish(value) {
    const { scheme } = this;
    const plain = this.keep(scheme.decryptor.decrypt(value.cipher));
    const name = this.name();
    await this.engine.send(`decrypt ${name} ${value.name}`);
    const ours = await this.engine.send(`save plaintext ${name} none`);
    assert.ok(ours.equals(scheme.save(plain)), 'decrypted');
    scheme.count('decryption', 'the same plaintext on both sides');
    const mode = this.random.pick(['none', 'zlib', 'zstd']);
    const again = this.keep(this.seal.PlainText());
    again.loadArray(scheme.context, await this.engine.send(`save plaintext ${name} ${mode}`));
    assert.ok(scheme.save(again).equals(ours), `plaintext by ${mode}`);
    scheme.count('format', `plaintext, our ${mode} to SEAL`);
    const [, , , admitted] = (await this.engine.send(`check ${value.name}`)).split(' ');
    scheme.count('decryption', 'phase held against its bound');
    if (admitted === '1' && value.slots !== undefined) {
      const slots = await this.engine.send(`decode ${name}`);
      for (let i = 0; i < SLOTS_MODELLED; i += 1) {
        assert.strictEqual(slots.readBigUInt64LE(8 * i), value.slots[i], `slot ${i}`);
      }
      scheme.count('decryption', 'and equal to the integers');
    }
  }

  async run() {
    const inputs = 2 + this.random.below(2);
    for (let i = 0; i < inputs; i += 1) await this.encrypted();
    const steps = 4 + this.random.below(6);
    for (let i = 0; i < steps; i += 1) await this.step();
    await Promise.all(this.later);
    await this.finish(this.pool.at(-1));
    await this.finish(this.random.pick(this.pool));
  }

  close() {
    for (const object of this.owned) object.delete();
    this.engine.send('forget');
  }
}

function printTable(counts) {
  for (const [group, entries] of Object.entries(counts)) {
    console.log(group);
    for (const [name, count] of Object.entries(entries).sort()) {
      console.log(`  ${name.padEnd(46)} ${String(count).padStart(8)}`);
    }
  }
}

async function main([program, nodeSeal, seed, total]) {
  const seal = await require(nodeSeal)();
  const engine = new Engine(program);
  const counts = { sequences: {}, operation: {}, encryption: {}, decryption: {}, format: {}, known: {} };
  const count = (group, name, by = 1) => {
    counts[group][name] = (counts[group][name] ?? 0) + by;
  };
  const weights = SETS.reduce((sum, set) => sum + set.weight, 0);
  let number = 0;
  for (const set of SETS) {
    const share = Math.max(2, Math.ceil((Number(total) * set.weight) / weights));
    for (const owner of ['SEAL', 'us']) {
      const scheme = new Scheme(seal, engine, set, owner, count);
      await scheme.open();
      const started = Date.now();
      for (let i = 0; i < Math.ceil(share / 2); i += 1) {
        number += 1;
        const sequence = new Sequence(scheme, randomOf(BigInt(seed) * 1000003n + BigInt(number)));
        try {
          await sequence.run();
        } catch (error) {
          error.message = `set ${set.name}, keys by ${owner}, seed ${seed}, sequence ${number}: ${error.message}`;
          throw error;
        }
        sequence.close();
        count('sequences', set.name);
      }
      if (process.env.VERBOSE) console.log(set.name, owner, (Date.now() - started) / 1000, 's');
      scheme.close();
    }
  }
  await engine.close();
  printTable(counts);
  console.log(JSON.stringify(counts));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`differential: ${error.message}\n${error.stack}`);
  process.exit(1);
});
