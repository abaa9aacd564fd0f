/*
 * log.c - a line is built in memory and written once.
 *
 * Standard error is often one end of a pipe that other programs share, so it
 * is not ours to make non-blocking.  Instead poll() is asked whether it takes
 * bytes now, and a line never exceeds PIPE_BUF: a pipe that polls writable
 * takes that much at once, without waiting and in one piece.  The lock keeps
 * another thread from filling the pipe between the two calls.  Another program
 * still could, so daemons should not share a pipe.
 */
#include "common/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/emit.h"
#include "common/metrics.h"

/* One text, before escapes; longer ones are cut and the line says so. */
#define TEXT_MAX_BYTES 1024

/* Room for what ends a line: ,"truncated":true}\n */
#define TAIL_BYTES 32

/* The fullest line and then a field of nothing but escapes. */
#define LINE_MAX_BYTES (PIPE_BUF + 16 * TEXT_MAX_BYTES)

static struct {
	const char *program;
	enum log_level lowest;
	pthread_mutex_t lock;
} logger = {
	.program = "weir",
	.lowest = LOG_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

void
log_init(const char *program, enum log_level lowest)
{
	assert(program != NULL);
	assert(lowest < ARRAY_LEN(level_names));
	logger.program = program;
	logger.lowest = lowest;
}

enum status
log_level_parse(struct str text, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (str_eq(text, str_from(level_names[i]))) {
			*out = (enum log_level)i;
			return OK;
		}
	}
	return E_INVALID;
}

uint64_t
log_dropped(void)
{
	return (uint64_t)metric_get(METRIC_PROCESS_LOG_DROPPED);
}

static void
write_head(struct emit *e, enum log_level level, const char *event)
{
	char now[CLOCK_TEXT_SIZE];

	emit_object_open(e);
	emit_field_cstr(e, "ts", clock_format(clock_wall_us(), now));
	emit_field_cstr(e, "level", level_names[level]);
	emit_field_cstr(e, "program", logger.program);
	emit_field_cstr(e, "event", event);
}

/* False when something had to be cut. */
static bool
write_field(struct emit *e, const struct log_field *field)
{
	size_t before = buf_len(e->out);

	if (field->is_number)
		emit_field_int(e, field->key, field->number);
	else
		emit_field_str(
		    e, field->key, str_head(field->text, TEXT_MAX_BYTES));
	if (buf_len(e->out) + TAIL_BYTES <= PIPE_BUF)
		return field->is_number || field->text.len <= TEXT_MAX_BYTES;
	buf_truncate(e->out, before);
	return false;
}

static bool
line_send(struct str line)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t written = -1;

	pthread_mutex_lock(&logger.lock);
	if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0)
		written = write(STDERR_FILENO, line.ptr, line.len);
	pthread_mutex_unlock(&logger.lock);
	return written == (ssize_t)line.len;
}

void
log_write(enum log_level level, const char *event,
    const struct log_field *fields, size_t count)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	struct emit e;
	bool is_whole = true;

	assert(level < ARRAY_LEN(level_names));
	assert(event != NULL);

	if (level < logger.lowest)
		return;
	buf_init(&line, LINE_MAX_BYTES);
	emit_init(&e, &line);
	write_head(&e, level, event);
	for (size_t i = 0; i < count; i++)
		is_whole = write_field(&e, &fields[i]) && is_whole;
	if (!is_whole)
		emit_field_bool(&e, "truncated", true);
	emit_object_close(&e);
	buf_add_char(&line, '\n');
	if (!line_send(buf_str(&line)))
		metric_add(METRIC_PROCESS_LOG_DROPPED, 1);
}
