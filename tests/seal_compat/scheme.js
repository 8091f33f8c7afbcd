// SPDX-License-Identifier: Apache-2.0
// One parameter set on both sides, with one secret key: SEAL's or the engine's. Objects travel as
// bytes; every one that can be is compared.
'use strict';

const assert = require('node:assert');
const { createHash } = require('node:crypto');

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** name, N, bits of the primes (the special one last), bits of t, part of the sequences. Sets that
 *  fail the 2024 table of security are marked: SEAL's defaults are a few bits above it. */
const SETS = [
  { name: 'toy-3x40', degree: 1024, primes: [40, 40, 41], plain: 20, insecure: true, weight: 34 },
  { name: 'toy-5x50', degree: 1024, primes: [50, 50, 50, 50, 50], plain: 17, insecure: true, weight: 30 },
  { name: 'toy-wide-t', degree: 1024, primes: [45, 45, 45], plain: 49, insecure: true, weight: 20 },
  { name: '4096', degree: 4096, primes: [35, 35, 36], plain: 20, weight: 8 },
  { name: '8192', degree: 8192, primes: [50, 50, 50, 50], plain: 33, weight: 4 },
  { name: '8192-default', degree: 8192, primes: [43, 43, 44, 44, 44], plain: 20, insecure: true, weight: 3 },
  { name: '16384-default', degree: 16384, primes: [48, 48, 48, 49, 49, 49, 49, 49, 49], plain: 20, insecure: true, weight: 0.3 },
];
/** Rotations of the slots that have a key; large sets have one, because theirs are megabytes. */
const rotationsOf = (set) => (set.degree <= 4096 ? [0, 1, -1, 7] : [1]);
/** Packing megabytes takes most of the time: large keys are tried in one mode besides none. */
const modesOf = (set, all) => (set.degree <= 4096 ? all : ['none', 'zstd']);

class Scheme {
  constructor(seal, engine, set, owner, count) {
    Object.assign(this, { seal, engine, set, owner, count, owned: [] });
    this.none = seal.ComprModeType.none;
    this.modes = { none: this.none, zlib: seal.ComprModeType.zlib, zstd: seal.ComprModeType.zstd };
  }

  keep(object) {
    this.owned.push(object);
    return object;
  }

  save(object, mode = this.none) {
    return Buffer.from(object.saveArray(mode));
  }

  async open() {
    const { seal, set } = this;
    const parameters = this.keep(seal.EncryptionParameters(seal.SchemeType.bgv));
    parameters.setPolyModulusDegree(set.degree);
    parameters.setCoeffModulus(seal.CoeffModulus.Create(set.degree, Int32Array.from(set.primes)));
    parameters.setPlainModulus(seal.PlainModulus.Batching(set.degree, set.plain));
    this.t = BigInt(parameters.plainModulus.value);
    const level = set.insecure ? 'insecure' : 'secure';
    for (const [mode, value] of Object.entries(this.modes)) {
      const answer = await this.engine.send(`parameters ${level}`, this.save(parameters, value));
      const [same, ...ids] = answer.split(' ');
      assert.strictEqual(same, mode === 'none' ? 'same' : 'different', 'parameters');
      this.ids = ids;
      this.count('format', `parameters, SEAL ${mode} to us`);
    }
    this.context = this.keep(seal.Context(parameters, true, seal.SecurityLevel.none));
    this.compareIds();
    await (this.owner === 'SEAL' ? this.takeKeys() : this.giveKeys());
    this.encryptor = this.keep(seal.Encryptor(this.context, this.publicKey, this.secretKey));
    this.decryptor = this.keep(seal.Decryptor(this.context, this.secretKey));
    this.evaluator = this.keep(seal.Evaluator(this.context));
    this.encoder = this.keep(seal.BatchEncoder(this.context));
  }

  compareIds() {
    const hex = (id) => Buffer.from(BigUint64Array.from(id.values).buffer).toString('hex');
    assert.strictEqual(hex(this.context.keyParmsId), this.ids[0], 'key parms_id');
    assert.strictEqual(hex(this.context.firstParmsId), this.ids[1], 'first parms_id');
    assert.strictEqual(hex(this.context.lastParmsId), this.ids.at(-1), 'last parms_id');
    this.count('known', 'parms_id', 3);
  }

  /** SEAL makes the keys; each object is read in every mode and written again as the same bytes. */
  async takeKeys() {
    const { seal } = this;
    const generator = this.keep(seal.KeyGenerator(this.context));
    this.secretKey = this.keep(generator.secretKey());
    this.publicKey = this.keep(generator.createPublicKey());
    this.relinKeys = this.keep(generator.createRelinKeys());
    this.galoisKeys = this.keep(generator.createGaloisKeys(Int32Array.from(rotationsOf(this.set))));
    await this.take('secret_key', this.secretKey);
    await this.take('public_key', this.publicKey);
    await this.take('relinearisation_keys', this.relinKeys);
    await this.take('galois_keys', this.galoisKeys);
    await this.takeSeeded('public_key', generator.createPublicKeySerializable(),
      seal.PublicKey());
    await this.takeSeeded('relinearisation_keys', generator.createRelinKeysSerializable(),
      seal.RelinKeys());
    await this.takeSeeded('galois_keys',
      generator.createGaloisKeysSerializable(Int32Array.from([1])), seal.GaloisKeys());
    // what the sequences use
    await this.engine.send('load public_key x', this.save(this.publicKey));
    await this.engine.send('load relinearisation_keys x', this.save(this.relinKeys));
    await this.engine.send('load galois_keys x', this.save(this.galoisKeys));
    this.relinMax = 3;
  }

  async take(kind, object) {
    const plain = this.save(object);
    for (const mode of modesOf(this.set, Object.keys(this.modes))) {
      await this.engine.send(`load ${kind} x`, this.save(object, this.modes[mode]));
      const ours = await this.engine.send(`save ${kind} x none`);
      assert.ok(ours.equals(plain), `${kind} from ${mode}`);
      this.count('format', `${kind}, SEAL ${mode} to us`);
    }
  }

  /** A seeded object expands on both sides to the same words. */
  async takeSeeded(kind, serializable, empty) {
    const bytes = this.save(serializable);
    await this.engine.send(`load ${kind} x`, bytes);
    empty.loadArray(this.context, bytes);
    const ours = await this.engine.send(`save ${kind} x none`);
    assert.ok(ours.equals(this.save(empty)), `seeded ${kind}`);
    serializable.delete();
    empty.delete();
    this.count('format', `${kind}, seeded, SEAL to us`);
  }

  /** We make the keys; SEAL reads each in every mode and writes the same bytes. */
  async giveKeys() {
    const { seal } = this;
    await this.engine.send('generate secret_key');
    await this.engine.send('generate public_key');
    await this.engine.send('generate relinearisation_keys 4');
    await this.engine.send(`generate galois_keys ${rotationsOf(this.set).join(' ')}`);
    this.secretKey = await this.give('secret_key', seal.SecretKey(), ['none']);
    this.publicKey = await this.give('public_key', seal.PublicKey());
    this.relinKeys = await this.give('relinearisation_keys', seal.RelinKeys());
    this.galoisKeys = await this.give('galois_keys', seal.GaloisKeys());
    this.relinMax = 5;
  }

  async give(kind, empty, modes = modesOf(this.set, Object.keys(this.modes))) {
    const plain = await this.engine.send(`save ${kind} x none`);
    for (const mode of modes) {
      const bytes = mode === 'none' ? plain : await this.engine.send(`save ${kind} x ${mode}`);
      empty.loadArray(this.context, bytes);
      assert.ok(this.save(empty).equals(plain), `${kind} by ${mode}`);
      this.count('format', `${kind}, our ${mode} to SEAL`);
    }
    return this.keep(empty);
  }

  close() {
    for (const object of this.owned.reverse()) object.delete();
  }
}

module.exports = { Scheme, SETS, rotationsOf, digest };
