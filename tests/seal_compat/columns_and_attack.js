// SPDX-License-Identifier: Apache-2.0
// Usage: columns_and_attack.js ENGINE NODE_SEAL SEED. Microsoft SEAL decrypts, squares and adds
// chunks of masked columns and agrees with their totals; then the published attack: one decryption
// of a crafted ciphertext gives SEAL's whole key. Prints the counts as JSON.
'use strict';

const assert = require('node:assert');
const { Engine } = require('./engine.js');

const DEGREE = 8192;
/** The masked columns' primes, and a special prime that their product never uses. */
const PRIMES = [281474976694273n, 281474976546817n, 281474976317441n, 562949952700417n];
const PLAIN = 562949952847873n;

/** SEAL's parameters as bytes, because node-seal only makes primes of its own choice. */
function parameterBytes() {
  const header = (size) => {
    const bytes = Buffer.from([0x5E, 0xA1, 16, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.writeBigUInt64LE(BigInt(size), 8);
    return bytes;
  };
  const word = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
  };
  const modulus = (value) => Buffer.concat([header(24), word(value)]);
  const members = Buffer.concat([Buffer.from([3]), word(BigInt(DEGREE)),
    word(BigInt(PRIMES.length)), ...PRIMES.map(modulus), modulus(PLAIN)]);
  return Buffer.concat([header(16 + members.length), members]);
}

const wordsOf = (bytes) => Array.from({ length: bytes.length / 8 },
  (_, i) => bytes.readBigUInt64LE(8 * i));
const totalOf = (slots) => {
  const sum = slots.reduce((a, b) => (a + b) % PLAIN, 0n);
  return sum > PLAIN / 2n ? sum - PLAIN : sum;
};

class Column {
  constructor(seal, engine, context, number) {
    Object.assign(this, { seal, engine, context, number });
    this.none = seal.ComprModeType.none;
  }

  async open() {
    await this.engine.send(`masked key ${this.number}`);
    this.key = this.seal.SecretKey();
    this.key.loadArray(this.context, await this.engine.send('save secret_key x none'));
    this.decryptor = this.seal.Decryptor(this.context, this.key);
    this.encoder = this.seal.BatchEncoder(this.context);
  }

  async chunk(number) {
    await this.engine.send(`masked chunk c ${this.number} ${number}`);
    const cipher = this.seal.CipherText();
    cipher.loadArray(this.context, await this.engine.send('save ciphertext c none'));
    return cipher;
  }

  slots(cipher) {
    return Array.from(this.encoder.decodeBigInt(this.decryptor.decrypt(cipher), false));
  }
}

async function maskedColumns(seal, engine, context, seed, counts) {
  const evaluator = seal.Evaluator(context);
  const chunks = Number(await engine.send(`masked make ${seed}`));
  for (const number of [0, 1]) {
    const column = new Column(seal, engine, context, number);
    await column.open();
    let sum;
    let squares;
    for (let k = 0; k < chunks; k += 1) {
      const cipher = await column.chunk(k);
      const rows = wordsOf(await engine.send(`masked rows ${number} ${k}`));
      assert.deepStrictEqual(column.slots(cipher), rows, `column ${number}, chunk ${k}`);
      counts['chunks decrypted by SEAL'] += 1;
      const square = evaluator.square(cipher);
      assert.strictEqual(square.size, 3);
      await engine.send('load ciphertext square symmetric',
        Buffer.from(square.saveArray(column.none)));
      await engine.send(`masked square square ${number} ${k}`);
      assert.strictEqual(totalOf(column.slots(square)), totalOf(rows.map((x) => x * x % PLAIN)));
      counts['squares by SEAL equal to S_xx, hint and total'] += 1;
      sum = sum === undefined ? cipher : evaluator.add(sum, cipher);
      squares = squares === undefined ? square : evaluator.add(squares, square);
    }
    const total = BigInt(await engine.send(`masked total ${number}`));
    assert.strictEqual(totalOf(column.slots(sum)), total, 'sum of chunks');
    const product = BigInt(await engine.send(`masked total ${number} ${number}`));
    assert.strictEqual(totalOf(column.slots(squares)), product, 'sum of squares');
    counts['units added by SEAL equal to the total'] += 2;
  }
}

/** (0, 1), and an honest ciphertext beside itself with c_1 + 1. */
async function attack(seal, engine, context, counts) {
  const none = seal.ComprModeType.none;
  const key = seal.KeyGenerator(context);
  const secret = key.secretKey();
  const encryptor = seal.Encryptor(context, key.createPublicKey(), secret);
  const decryptor = seal.Decryptor(context, secret);
  const honest = encryptor.encryptSymmetric(seal.BatchEncoder(context).encode(
    BigUint64Array.from([1n, 2n, 3n])));
  const prefix = 16 + 32 + 1 + 24 + 8 + 8 + 24;
  const polynomial = 8 * DEGREE * (PRIMES.length - 1);
  const bytes = Buffer.from(honest.saveArray(none));
  const coefficients = (changed) => {
    const cipher = seal.CipherText();
    cipher.loadArray(context, changed);
    const plain = Buffer.from(decryptor.decrypt(cipher).saveArray(none)).subarray(88);
    const words = wordsOf(plain);
    return Array.from({ length: DEGREE }, (_, i) => words[i] ?? 0n);
  };
  const crafted = Buffer.from(bytes);
  crafted.fill(0, prefix);
  const shifted = Buffer.from(bytes);
  for (let i = 0; i < polynomial / 8; i += 1) {
    const place = prefix + polynomial + 8 * i;
    crafted.writeBigUInt64LE(1n, place);
    const prime = PRIMES[Math.floor(i / DEGREE)];
    shifted.writeBigUInt64LE((bytes.readBigUInt64LE(place) + 1n) % prime, place);
  }
  const first = coefficients(crafted);
  const before = coefficients(bytes);
  const second = coefficients(shifted).map((x, i) => (x - before[i] + PLAIN) % PLAIN);
  assert.deepStrictEqual(second, first);
  // What was read is the key: written as one, it is the bytes of SEAL's own.
  assert.ok(first.every((x) => x === 0n || x === 1n || x === PLAIN - 1n));
  const stolen = await engine.send('ternary', Buffer.from(first.map((x) => {
    if (x === 0n) return 0;
    return x === 1n ? 1 : 255;
  })));
  assert.ok(stolen.equals(Buffer.from(secret.saveArray(none))));
  counts['key coefficients of SEAL read by the published attack'] += DEGREE;
}

async function main([program, nodeSeal, seed]) {
  const seal = await require(nodeSeal)();
  const engine = new Engine(program);
  const bytes = parameterBytes();
  assert.ok((await engine.send('parameters secure', bytes)).startsWith('same '));
  const parameters = seal.EncryptionParameters(seal.SchemeType.bgv);
  parameters.loadArray(bytes);
  const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
  assert.ok(context.parametersSet());
  const counts = {
    'chunks decrypted by SEAL': 0,
    'squares by SEAL equal to S_xx, hint and total': 0,
    'units added by SEAL equal to the total': 0,
    'key coefficients of SEAL read by the published attack': 0,
  };
  await maskedColumns(seal, engine, context, seed, counts);
  await attack(seal, engine, context, counts);
  await engine.close();
  console.log(JSON.stringify(counts));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`columns_and_attack: ${error.message}\n${error.stack}`);
  process.exit(1);
});
