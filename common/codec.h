/*
 * codec.h - bytes as text and back: hex, base64, base64url, base62.
 */
#pragma once

#include <stdint.h>

#include "common/status.h"
#include "common/str.h"

struct arena;

struct str codec_hex(struct arena *, struct str);
enum status codec_hex_decode(struct arena *, struct str, struct str *out);

/* The value of one hexadecimal digit, or -1. */
int codec_hex_value(char);

/* With padding, the standard alphabet. */
struct str codec_base64(struct arena *, struct str);

/* Standard or URL alphabet, with or without padding. */
enum status codec_base64_decode(struct arena *, struct str, struct str *out);

/* URL alphabet, no padding. */
struct str codec_base64url(struct arena *, struct str);

#define CODEC_BASE62_BYTES_MAX 64

/*
 * Big-endian number in 0-9A-Za-z, zero-padded to exactly width digits, which
 * must be enough for it; no NUL behind them.
 */
void codec_base62(struct str bytes, size_t width, char *out);
