/* random.c - see random.h. */
#include "simulator/random.h"

uint64_t
random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void
random_word(struct random *random, char *out, size_t len)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ01";
	uint64_t bits = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 10 == 0)
			bits = random_next(random);
		out[i] = digits[bits & 63];
		bits >>= 6;
	}
	out[len] = '\0';
}
