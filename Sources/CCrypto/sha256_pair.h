// SHA-256 (FIPS 180-4) of the same blocks into two states at once, with the processor's SHA instructions: one state alone waits for its own
// last round much of the time, so the second one costs half as much or less. libcrypto has no such function.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

// Whether the processor has the instructions.
static inline int sha256_pair_works(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

__attribute__((target("sha,sse4.1")))
static inline void sha256_pair_update(uint32_t *first, uint32_t *second, const uint8_t *data, size_t blocks) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
  __m128i s[2][2];
  uint32_t *states[2] = {first, second};
  for (int i = 0; i < 2; i++) {
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)states[i]), 0xB1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(states[i] + 4)), 0x1B);
    s[i][0] = _mm_alignr_epi8(low, high, 8);
    s[i][1] = _mm_blend_epi16(high, low, 0xF0);
  }
  for (; blocks > 0; blocks--, data += 64) {
    __m128i a0 = s[0][0], a1 = s[0][1], b0 = s[1][0], b1 = s[1][1], w[4];
    for (int i = 0; i < 4; i++) w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * i)), order);
#pragma unroll
    for (int i = 0; i < 16; i++) {
      __m128i m = w[i & 3];
      if (i >= 4) {
        __m128i t = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
        t = _mm_add_epi32(t, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
        m = w[i & 3] = _mm_sha256msg2_epu32(t, w[(i + 3) & 3]);
      }
      __m128i k = _mm_add_epi32(m, _mm_loadu_si128((const __m128i *)(sha256_constants + 4 * i)));
      a1 = _mm_sha256rnds2_epu32(a1, a0, k);
      b1 = _mm_sha256rnds2_epu32(b1, b0, k);
      k = _mm_shuffle_epi32(k, 0x0E);
      a0 = _mm_sha256rnds2_epu32(a0, a1, k);
      b0 = _mm_sha256rnds2_epu32(b0, b1, k);
    }
    s[0][0] = _mm_add_epi32(s[0][0], a0); s[0][1] = _mm_add_epi32(s[0][1], a1);
    s[1][0] = _mm_add_epi32(s[1][0], b0); s[1][1] = _mm_add_epi32(s[1][1], b1);
  }
  for (int i = 0; i < 2; i++) {
    __m128i t = _mm_shuffle_epi32(s[i][0], 0x1B), u = _mm_shuffle_epi32(s[i][1], 0xB1);
    _mm_storeu_si128((__m128i *)states[i], _mm_blend_epi16(t, u, 0xF0));
    _mm_storeu_si128((__m128i *)(states[i] + 4), _mm_alignr_epi8(u, t, 8));
  }
}

#else
static inline int sha256_pair_works(void) { return 0; }
static inline void sha256_pair_update(uint32_t *first, uint32_t *second, const uint8_t *data, size_t blocks) {}
#endif

// A SHA-256 that is under way.
struct sha256_running {
  uint32_t state[8];
  uint64_t bytes;
  // Of a block that is not full yet: bytes % 64 of them.
  uint8_t rest[64];
};

static inline void sha256_begin(struct sha256_running *hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, start, sizeof start);
  hash->bytes = 0;
}

static inline void sha256_add(struct sha256_running *hash, const uint8_t *data, size_t count) {
  uint32_t unused[8] = {0};
  size_t filled = hash->bytes % 64;
  hash->bytes += count;
  if (filled > 0) {
    size_t head = count < 64 - filled ? count : 64 - filled;
    memcpy(hash->rest + filled, data, head);
    if (filled + head < 64) return;
    sha256_pair_update(hash->state, unused, hash->rest, 1);
    data += head;
    count -= head;
  }
  sha256_pair_update(hash->state, unused, data, count / 64);
  if (count % 64 > 0) memcpy(hash->rest, data + count / 64 * 64, count % 64);
}

// The same bytes into two: at once, when both are at a block's beginning.
static inline void sha256_add_to_both(struct sha256_running *first, struct sha256_running *second, const uint8_t *data,
                                      size_t count) {
  size_t whole = 0;
  if (first->bytes % 64 == 0 && second->bytes % 64 == 0) {
    whole = count / 64 * 64;
    sha256_pair_update(first->state, second->state, data, whole / 64);
    first->bytes += whole;
    second->bytes += whole;
  }
  if (count == whole) return;
  sha256_add(first, data + whole, count - whole);
  sha256_add(second, data + whole, count - whole);
}

// The digest, 32 bytes. The hash can go on from where it was.
static inline void sha256_digest(const struct sha256_running *hash, uint8_t *digest) {
  static const uint8_t padding[64] = {0x80};
  struct sha256_running end = *hash;
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = (uint8_t)(hash->bytes * 8 >> (56 - 8 * i));
  sha256_add(&end, padding, (119 - end.bytes % 64) % 64 + 1);
  sha256_add(&end, length, 8);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(end.state[i / 4] >> (24 - i % 4 * 8));
}
