// SPDX-License-Identifier: Apache-2.0
// Microsoft SEAL in WebAssembly (npm node-seal) at the benchmark's jobs, as an expert would use it:
// BGV, N = 8192, three 50-bit primes and a special one, t of 40 bits, seeded encryption under the
// secret key, sums of products relinearised once and folded by rotations once. No checks exist.
// Usage: node_seal.mjs NODE_MODULES ROWS_FILE; prints one JSON document. ROWS_FILE: int64 x, y,
// group of each row.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, rowsFile] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const SEAL = require('node-seal');
const version = JSON.parse(readFileSync(`${modules}/node-seal/package.json`)).version;
const seal = await (SEAL.default ?? SEAL)();

const DEGREE = 8192;
const GROUPS = 10;
const REPEATS = 7;
const bytes = readFileSync(rowsFile);
const rows = bytes.length / 24;
const column = (i) => Int32Array.from(
  new BigInt64Array(bytes.buffer, bytes.byteOffset + 8 * rows * i, rows), Number);
const [x, y, group] = [0, 1, 2].map(column);
const chunks = Math.ceil(rows / DEGREE);

const parameters = seal.EncryptionParameters(seal.SchemeType.bgv);
parameters.setPolyModulusDegree(DEGREE);
parameters.setCoeffModulus(seal.CoeffModulus.Create(DEGREE, Int32Array.from([50, 50, 50, 50])));
parameters.setPlainModulus(seal.PlainModulus.Batching(DEGREE, 40));
const context = seal.Context(parameters, true, seal.SecurityLevel.tc128);
if (!context.parametersSet()) throw new Error('parameters refused');
const generator = seal.KeyGenerator(context);
const relinKeys = generator.createRelinKeys();
const steps = Array.from({ length: Math.log2(DEGREE / 2) }, (_, i) => 1 << i);
const galoisKeys = generator.createGaloisKeys(Int32Array.from([0, ...steps]));
const secretKey = generator.secretKey();
const publicKey = generator.createPublicKey();
const encoder = seal.BatchEncoder(context);
const encryptor = seal.Encryptor(context, publicKey, secretKey);
const decryptor = seal.Decryptor(context, secretKey);
const evaluator = seal.Evaluator(context);

/** Values of chunk k, zeros behind the last row. */
const slots = (values, k) => {
  const own = new Int32Array(DEGREE);
  own.set(values.subarray(k * DEGREE, (k + 1) * DEGREE));
  return own;
};
const encrypt = (values) => Array.from({ length: chunks }, (_, k) => {
  const plain = encoder.encode(slots(values, k));
  const cipher = encryptor.encryptSymmetric(plain);
  plain.delete();
  return cipher;
});
const free = (ciphers) => ciphers.forEach((cipher) => cipher.delete());
/** The total in every slot. */
const fold = (cipher) => {
  const turned = seal.CipherText();
  for (const step of steps) {
    evaluator.rotateRows(cipher, step, galoisKeys, turned);
    evaluator.add(cipher, turned, cipher);
  }
  evaluator.rotateColumns(cipher, galoisKeys, turned);
  evaluator.add(cipher, turned, cipher);
  turned.delete();
};
const opened = (cipher) => {
  const plain = seal.PlainText();
  decryptor.decrypt(cipher, plain);
  const value = encoder.decodeBigInt(plain, true)[0];
  plain.delete();
  return value;
};
const sum = (a) => {
  const total = a[0].clone();
  for (let k = 1; k < a.length; ++k) evaluator.add(total, a[k], total);
  fold(total);
  return total;
};
const dot = (a, b) => {
  const total = seal.CipherText();
  const product = seal.CipherText();
  evaluator.multiply(a[0], b[0], total);
  for (let k = 1; k < a.length; ++k) {
    evaluator.multiply(a[k], b[k], product);
    evaluator.add(total, product, total);
  }
  evaluator.relinearize(total, relinKeys, total);
  fold(total);
  product.delete();
  return total;
};

const results = [];
/** `body` gives ciphertexts of totals; each repeat is opened and compared, outside the time. */
const job = (name, repeats, body, clear) => {
  const times = [];
  let verified = true;
  for (let i = 0; i < repeats; ++i) {
    const begun = process.hrtime.bigint();
    const totals = body();
    times.push(Number(process.hrtime.bigint() - begun) / rows);
    verified = verified && totals.every((total, g) => opened(total) === clear[g]);
    free(totals);
  }
  times.sort((a, b) => a - b);
  results.push({ name, ns_per_row: times[times.length >> 1], repeats, verified });
};
const exact = (of) => {
  let total = 0;
  for (let i = 0; i < rows; ++i) total += of(i);
  return BigInt(total);
};

{
  const times = [];
  let verified = true;
  for (let i = 0; i < REPEATS; ++i) {  // as it is sent: seeded, serialised
    const begun = process.hrtime.bigint();
    for (let k = 0; k < chunks; ++k) {
      const plain = encoder.encode(slots(x, k));
      const cipher = encryptor.encryptSymmetricSerializable(plain);
      const packed = cipher.saveArray(seal.ComprModeType.none);
      plain.delete();
      cipher.delete();
      if (k === 0 && i === 0) {
        const loaded = seal.CipherText();
        loaded.loadArray(context, packed);
        const back = seal.PlainText();
        decryptor.decrypt(loaded, back);
        const values = encoder.decodeBigInt(back, true);
        verified = slots(x, 0).every((value, s) => values[s] === BigInt(value));
      }
    }
    times.push(Number(process.hrtime.bigint() - begun) / rows);
  }
  times.sort((a, b) => a - b);
  results.push({ name: 'encrypt', ns_per_row: times[times.length >> 1], repeats: REPEATS, verified });
}
const ex = encrypt(x);
job('sum', REPEATS, () => [sum(ex)], [exact((i) => x[i])]);
const ey = encrypt(y);
job('dot', REPEATS, () => [dot(ex, ey)], [exact((i) => x[i] * y[i])]);
free(ey);
const indicators = Array.from({ length: GROUPS },
  (_, g) => encrypt(group.map((value) => (value === g ? 1 : 0))));
job('group10', 3, () => indicators.map((indicator) => dot(ex, indicator)),
  indicators.map((_, g) => exact((i) => (group[i] === g ? x[i] : 0))));
console.log(JSON.stringify({
  peer: 'Microsoft SEAL in WebAssembly', version: `node-seal ${version}`, rows, results,
}));
