/*
 * plain.h - steps over bytes 16 at a time; for the lexer and the event
 * splitter.
 *
 * Each function answers, for 16 readable bytes, how many of them come before
 * the first that needs a closer look (16: none does).  Where the processor
 * has SSE2 they are a compare and a mask; elsewhere two words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLAIN_STEP 16
#define PLAIN_STRIDE (4 * PLAIN_STEP)

#if defined(__SSE2__)
#include <emmintrin.h>

static inline size_t
plain_first_(__m128i marks)
{
	/* Bit 16 stands for "none". */
	return (size_t)__builtin_ctz(
	    (unsigned)_mm_movemask_epi8(marks) | 1u << PLAIN_STEP);
}

static inline __m128i
plain_string_marks_(const char *bytes)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)bytes);
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	/* The compare is signed: bytes >= 0x80 are below the space, too. */
	__m128i other = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));

	return _mm_or_si128(_mm_or_si128(quote, slash), other);
}

/* Up to a quote, a backslash, a control character or a byte >= 0x80. */
static inline size_t
plain_string_run(const char *bytes)
{
	return plain_first_(plain_string_marks_(bytes));
}

/* Is there none of them in PLAIN_STRIDE bytes?  One branch for all. */
static inline bool
plain_string_stride(const char *bytes)
{
	__m128i first = _mm_or_si128(plain_string_marks_(bytes),
	    plain_string_marks_(bytes + PLAIN_STEP));
	__m128i second =
	    _mm_or_si128(plain_string_marks_(bytes + 2 * PLAIN_STEP),
		plain_string_marks_(bytes + 3 * PLAIN_STEP));

	return _mm_movemask_epi8(_mm_or_si128(first, second)) == 0;
}

/* Up to a CR or LF. */
static inline size_t
plain_line_run(const char *bytes)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)bytes);
	__m128i lf = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
	__m128i cr = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));

	return plain_first_(_mm_or_si128(lf, cr));
}

#else

/* Every byte of a word set to the same value. */
#define PLAIN_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Words are put together with the first byte lowest on every processor, so
 * that the borrow of a subtraction can only spoil marks behind the first.
 */
static inline uint64_t
plain_word_(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline uint64_t
plain_equal_(uint64_t word, unsigned char byte)
{
	uint64_t differing = word ^ PLAIN_EACH(byte);

	return (differing - PLAIN_EACH(1)) & ~differing;
}

static inline uint64_t
plain_string_marks_(uint64_t word)
{
	return word | ((word - PLAIN_EACH(0x20)) & ~word) |
	    plain_equal_(word, '"') | plain_equal_(word, '\\');
}

static inline uint64_t
plain_line_marks_(uint64_t word)
{
	return plain_equal_(word, '\n') | plain_equal_(word, '\r');
}

static inline size_t
plain_first_(uint64_t low, uint64_t high)
{
	low &= PLAIN_EACH(0x80);
	high &= PLAIN_EACH(0x80);
	if (low != 0)
		return (size_t)__builtin_ctzll(low) / 8;
	if (high != 0)
		return 8 + (size_t)__builtin_ctzll(high) / 8;
	return PLAIN_STEP;
}

/* Up to a quote, a backslash, a control character or a byte >= 0x80. */
static inline size_t
plain_string_run(const char *bytes)
{
	return plain_first_(plain_string_marks_(plain_word_(bytes)),
	    plain_string_marks_(plain_word_(bytes + 8)));
}

/* Is there none of them in PLAIN_STRIDE bytes? */
static inline bool
plain_string_stride(const char *bytes)
{
	for (size_t at = 0; at < PLAIN_STRIDE; at += PLAIN_STEP)
		if (plain_string_run(bytes + at) < PLAIN_STEP)
			return false;
	return true;
}

/* Up to a CR or LF. */
static inline size_t
plain_line_run(const char *bytes)
{
	return plain_first_(plain_line_marks_(plain_word_(bytes)),
	    plain_line_marks_(plain_word_(bytes + 8)));
}

#endif
