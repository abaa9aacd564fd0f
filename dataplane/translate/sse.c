/*
 * sse.c - see sse.h.
 *
 * The end of an event is found by a machine that remembers between two pieces
 * only whether the line so far is blank and whether the last byte was a CR,
 * so an event may be cut anywhere.  A CR that ends a blank line ends the event
 * at once; should an LF follow, it begins the next one as a blank line, which
 * means nothing.
 */
#include "dataplane/translate/sse.h"

#include <string.h>

#include "dataplane/translate/plain.h"

void
sse_init(struct sse *sse, size_t max_event_bytes)
{
	*sse = (struct sse){ .max_event_bytes = max_event_bytes };
	buf_init(&sse->pending, max_event_bytes);
	buf_init(&sse->data, max_event_bytes);
}

void
sse_done(struct sse *sse)
{
	buf_done(&sse->pending);
	buf_done(&sse->data);
}

enum status
sse_feed(struct sse *sse, struct str bytes)
{
	assert(sse->input.len == 0);
	if (sse->failed)
		return E_TOO_LARGE;
	sse->input = bytes;
	return OK;
}

static const char *
line_end(const char *at, const char *end)
{
	while (end - at >= PLAIN_STEP) {
		size_t run = plain_line_run(at);

		at += run;
		if (run < PLAIN_STEP)
			return at;
	}
	while (at < end && *at != '\n' && *at != '\r')
		at++;
	return at;
}

/* Behind the first event's end in the input; NULL when it is not there. */
static const char *
find_event_end(struct sse *sse)
{
	const char *at = sse->input.ptr;
	const char *end = at + sse->input.len;

	while (at < end) {
		if (*at == '\n' && sse->after_cr) {
			sse->after_cr = false;
			at++;
			continue;
		}
		const char *stop = line_end(at, end);
		bool is_blank = !sse->in_line && stop == at;
		if (stop == end) {
			sse->in_line = true;
			sse->after_cr = false;
			return NULL;
		}
		sse->in_line = false;
		sse->after_cr = *stop == '\r';
		at = stop + 1;
		if (is_blank)
			return at;
	}
	return NULL;
}

/* What the next piece is looked at with: nothing was seen of its event. */
static const char *
take_line_feed(struct sse *sse, const char *at)
{
	const char *end = sse->input.ptr + sse->input.len;

	if (sse->after_cr && at < end && *at == '\n')
		at++;
	sse->after_cr = false;
	return at;
}

/* Takes the bytes up to `end` off the input. */
static struct str
take_input(struct sse *sse, const char *end)
{
	struct str taken = str_head(sse->input, (size_t)(end - sse->input.ptr));

	sse->input = str_skip(sse->input, taken.len);
	return taken;
}

static void
keep(struct sse *sse, struct str bytes)
{
	buf_add_str(&sse->pending, bytes);
	if (buf_has_failed(&sse->pending))
		sse->failed = true;
}

/* All bytes of the next event; false when they are not all there. */
static bool
take_event(struct sse *sse, struct str *out)
{
	const char *end;

	if (sse->input.len == 0)
		return false;
	end = find_event_end(sse);
	if (end == NULL) {
		keep(sse, sse->input);
		sse->input = STR("");
		return false;
	}
	*out = take_input(sse, take_line_feed(sse, end));
	if (buf_len(&sse->pending) > 0) {
		keep(sse, *out);
		*out = buf_str(&sse->pending);
		sse->is_pending_used = true;
	}
	if (out->len > sse->max_event_bytes)
		sse->failed = true;
	return !sse->failed;
}

/* Takes the first line off *rest, without what ends it. */
static struct str
take_line(struct str *rest)
{
	const char *end = rest->ptr + rest->len;
	const char *stop = line_end(rest->ptr, end);
	struct str line = str_head(*rest, (size_t)(stop - rest->ptr));
	bool is_crlf = end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n';

	*rest = str_skip(*rest, line.len + (is_crlf ? 2 : 1));
	return line;
}

static void
add_data(struct sse *sse, struct str value, struct sse_event *event)
{
	if (!event->has_data) {
		event->has_data = true;
		event->data = value;
		return;
	}
	if (buf_len(&sse->data) == 0)
		buf_add_str(&sse->data, event->data);
	buf_add_char(&sse->data, '\n');
	buf_add_str(&sse->data, value);
	event->data = buf_str(&sse->data);
}

static void
read_line(struct sse *sse, struct str line, struct sse_event *event)
{
	ptrdiff_t colon = str_find_char(line, ':');
	struct str field = colon < 0 ? line : str_head(line, (size_t)colon);
	struct str value = str_skip(line, field.len + 1);

	if (str_has_prefix(value, STR(" ")))
		value = str_skip(value, 1);
	if (str_eq(field, STR("data")))
		add_data(sse, value, event);
	else if (str_eq(field, STR("event")))
		event->name = value;
}

static void
read_event(struct sse *sse, struct str raw, struct sse_event *event)
{
	struct str rest = raw;

	*event = (struct sse_event){ .raw = raw };
	if (!sse->started && str_has_prefix(raw, STR("\xef\xbb\xbf")))
		rest = str_skip(raw, 3);
	sse->started = true;
	while (rest.len > 0)
		read_line(sse, take_line(&rest), event);
}

bool
sse_next(struct sse *sse, struct sse_event *out)
{
	struct str raw;

	if (sse->is_pending_used) {
		buf_reset(&sse->pending);
		sse->is_pending_used = false;
	}
	buf_reset(&sse->data);
	if (sse->failed || !take_event(sse, &raw)) {
		sse->input = STR("");
		return false;
	}
	read_event(sse, raw, out);
	return true;
}

struct str
sse_rest(const struct sse *sse)
{
	return sse->is_pending_used ? STR("") : buf_str(&sse->pending);
}

bool
sse_has_failed(const struct sse *sse)
{
	return sse->failed;
}
