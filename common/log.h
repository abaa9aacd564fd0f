/*
 * log.h - one JSON line per event on standard error: a name and its fields.
 *
 *	log_warn("upstream_failed", log_str("target", id), log_int("status", 503));
 *
 * Edges log, mechanism returns a status.  A line is written with one write();
 * when the reader of the pipe is stuck the line is dropped and counted, so no
 * thread ever waits for its log.  Secrets have no log_ function.
 */
#pragma once

#include <stdint.h>

#include "common/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *key;
	struct str text;
	int64_t number;
	bool is_number;
};

/* program: "weir-gateway".  Until this is called, lines say "weir". */
void log_init(const char *program, enum log_level lowest);

/* "debug", "info", "warn", "error"; E_INVALID otherwise. */
enum status log_level_parse(struct str, enum log_level *out);

/* Lines lost because standard error was not read. */
uint64_t log_dropped(void);

static inline struct log_field
log_str(const char *key, struct str text)
{
	return (struct log_field){ .key = key, .text = text };
}

static inline struct log_field
log_cstr(const char *key, const char *text)
{
	return (struct log_field){ .key = key, .text = str_from(text) };
}

static inline struct log_field
log_int(const char *key, int64_t number)
{
	return (struct log_field){
		.key = key, .number = number, .is_number = true
	};
}

static inline struct log_field
log_status(enum status s)
{
	return log_cstr("status", status_name(s));
}

void log_write(
    enum log_level, const char *event, const struct log_field *, size_t count);

#define log_fields_(...) ((const struct log_field[]){ __VA_ARGS__ })
#define log_at_(level, event, ...)                                         \
	log_write(level, event,                                            \
	    log_fields_({ .key = NULL } __VA_OPT__(, ) __VA_ARGS__) + 1,   \
	    ARRAY_LEN(                                                     \
		log_fields_({ .key = NULL } __VA_OPT__(, ) __VA_ARGS__)) - \
		1)

#define log_debug(event, ...) log_at_(LOG_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...) log_at_(LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...) log_at_(LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_at_(LOG_ERROR, event, __VA_ARGS__)
