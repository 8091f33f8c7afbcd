// SPDX-License-Identifier: Apache-2.0

// Lattigo at the benchmark's jobs, as an expert would use it: BGV, N = 8192, three 50-bit primes
// and a special one, t of 40 bits, seeded encryption under the secret key, sums of products
// relinearised once and folded by rotations once. No checks exist. Usage: lattigo ROWS_FILE;
// prints one JSON document. ROWS_FILE: int64 x, y, group of each row.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"time"

	"github.com/tuneinsight/lattigo/v6/core/rlwe"
	"github.com/tuneinsight/lattigo/v6/schemes/bgv"
)

const (
	logDegree = 13
	degree    = 1 << logDegree
	groups    = 10
	repeats   = 7
)

type result struct {
	Name     string  `json:"name"`
	Time     float64 `json:"ns_per_row"`
	Repeats  int     `json:"repeats"`
	Verified bool    `json:"verified"`
}

type bench struct {
	params    bgv.Parameters
	encoder   *bgv.Encoder
	encryptor *rlwe.Encryptor
	decryptor *rlwe.Decryptor
	evaluator *bgv.Evaluator
	rows      int
	chunks    int
	results   []result
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "lattigo:", err)
		os.Exit(1)
	}
	return value
}

func check(err error) { must(0, err) }

// A prime of 40 bits, 1 modulo 2N.
const plaintextModulus = 1099511480321

func newBench(rows int) *bench {
	b := &bench{rows: rows, chunks: (rows + degree - 1) / degree}
	b.params = must(bgv.NewParametersFromLiteral(bgv.ParametersLiteral{
		LogN: logDegree, LogQ: []int{50, 50, 50}, LogP: []int{50},
		PlaintextModulus: plaintextModulus,
	}))
	generator := rlwe.NewKeyGenerator(b.params)
	secret := generator.GenSecretKeyNew()
	elements := []uint64{b.params.GaloisElementForRowRotation()}
	for step := 1; step < degree/2; step <<= 1 {
		elements = append(elements, b.params.GaloisElementForColRotation(step))
	}
	keys := rlwe.NewMemEvaluationKeySet(generator.GenRelinearizationKeyNew(secret),
		generator.GenGaloisKeysNew(elements, secret)...)
	b.encoder = bgv.NewEncoder(b.params)
	b.encryptor = rlwe.NewEncryptor(b.params, secret)
	b.decryptor = rlwe.NewDecryptor(b.params, secret)
	b.evaluator = bgv.NewEvaluator(b.params, keys)
	return b
}

func (b *bench) encrypt(values []int64) []*rlwe.Ciphertext {
	ciphers := make([]*rlwe.Ciphertext, b.chunks)
	plain := bgv.NewPlaintext(b.params, b.params.MaxLevel())
	for k := range ciphers {
		slots := make([]int64, degree)
		copy(slots, values[k*degree:min(b.rows, (k+1)*degree)])
		check(b.encoder.Encode(slots, plain))
		ciphers[k] = must(b.encryptor.EncryptNew(plain))
	}
	return ciphers
}

// fold leaves the total in every slot.
func (b *bench) fold(cipher *rlwe.Ciphertext) {
	turned := bgv.NewCiphertext(b.params, 1, cipher.Level())
	for step := 1; step < degree/2; step <<= 1 {
		check(b.evaluator.RotateColumns(cipher, step, turned))
		check(b.evaluator.Add(cipher, turned, cipher))
	}
	check(b.evaluator.RotateRows(cipher, turned))
	check(b.evaluator.Add(cipher, turned, cipher))
}

func (b *bench) sum(a []*rlwe.Ciphertext) *rlwe.Ciphertext {
	total := a[0].CopyNew()
	for _, cipher := range a[1:] {
		check(b.evaluator.Add(total, cipher, total))
	}
	b.fold(total)
	return total
}

func (b *bench) dot(x, y []*rlwe.Ciphertext) *rlwe.Ciphertext {
	total := bgv.NewCiphertext(b.params, 2, b.params.MaxLevel())
	check(b.evaluator.Mul(x[0], y[0], total))
	for k := 1; k < len(x); k++ {
		check(b.evaluator.MulThenAdd(x[k], y[k], total))
	}
	single := must(b.evaluator.RelinearizeNew(total))
	b.fold(single)
	return single
}

func (b *bench) open(cipher *rlwe.Ciphertext) int64 {
	slots := make([]int64, degree)
	check(b.encoder.Decode(b.decryptor.DecryptNew(cipher), slots))
	return slots[0]
}

// job times body; each repeat is opened and compared, outside the time.
func (b *bench) job(name string, times int, body func() []*rlwe.Ciphertext, clear []int64) {
	spent := make([]float64, times)
	verified := true
	for i := range spent {
		begun := time.Now()
		totals := body()
		spent[i] = float64(time.Since(begun).Nanoseconds()) / float64(b.rows)
		for g, total := range totals {
			verified = verified && b.open(total) == clear[g]
		}
	}
	sort.Float64s(spent)
	b.results = append(b.results, result{name, spent[times/2], times, verified})
}

func (b *bench) timeEncryption(values []int64) {
	spent := make([]float64, repeats)
	var last []*rlwe.Ciphertext
	for i := range spent {
		begun := time.Now()
		last = b.encrypt(values)
		spent[i] = float64(time.Since(begun).Nanoseconds()) / float64(b.rows)
	}
	slots := make([]int64, degree)
	check(b.encoder.Decode(b.decryptor.DecryptNew(last[0]), slots))
	verified := true
	for i := 0; i < min(b.rows, degree); i++ {
		verified = verified && slots[i] == values[i]
	}
	sort.Float64s(spent)
	b.results = append(b.results, result{"encrypt", spent[repeats/2], repeats, verified})
}

func total(rows int, of func(int) int64) int64 {
	var sum int64
	for i := 0; i < rows; i++ {
		sum += of(i)
	}
	return sum
}

func main() {
	bytes := must(os.ReadFile(os.Args[1]))
	rows := len(bytes) / 24
	column := func(number int) []int64 {
		values := make([]int64, rows)
		must(binary.Decode(bytes[8*rows*number:8*rows*(number+1)], binary.LittleEndian, values))
		return values
	}
	x, y, group := column(0), column(1), column(2)
	b := newBench(rows)
	b.timeEncryption(x)
	ex := b.encrypt(x)
	b.job("sum", repeats, func() []*rlwe.Ciphertext { return []*rlwe.Ciphertext{b.sum(ex)} },
		[]int64{total(rows, func(i int) int64 { return x[i] })})
	ey := b.encrypt(y)
	b.job("dot", repeats, func() []*rlwe.Ciphertext { return []*rlwe.Ciphertext{b.dot(ex, ey)} },
		[]int64{total(rows, func(i int) int64 { return x[i] * y[i] })})
	indicators := make([][]*rlwe.Ciphertext, groups)
	clear := make([]int64, groups)
	for g := range indicators {
		own := make([]int64, rows)
		for i, value := range group {
			if value == int64(g) {
				own[i] = 1
				clear[g] += x[i]
			}
		}
		indicators[g] = b.encrypt(own)
	}
	b.job("group10", 3, func() []*rlwe.Ciphertext {
		totals := make([]*rlwe.Ciphertext, groups)
		for g := range totals {
			totals[g] = b.dot(ex, indicators[g])
		}
		return totals
	}, clear)
	version := "v6"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/tuneinsight/lattigo/v6" {
				version = module.Version + ", " + info.GoVersion
			}
		}
	}
	document := map[string]any{"peer": "Lattigo", "version": version, "rows": rows,
		"results": b.results}
	check(json.NewEncoder(os.Stdout).Encode(document))
}
