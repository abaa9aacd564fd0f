/* exchange_run.c - sends an exchange's answer; see exchange.h. */
#include "common/clock.h"
#include "simulator/exchange_inside.h"

enum {
	OUT_HIGH_BYTES = 64 * 1024, /* what is made ahead of the client */
};

/* A number of the script, or the setting when it says nothing. */
static int64_t
choose(int64_t scripted, int64_t setting)
{
	return scripted >= 0 ? scripted : setting;
}

static const char *
reason(int status)
{
	return status == 200 ? "OK"
	    : status == 400  ? "Bad Request"
	    : status == 401  ? "Unauthorized"
	    : status == 404  ? "Not Found"
	    : status == 429  ? "Too Many Requests"
			     : "Error";
}

static const char *
content_type(const struct exchange *ex, bool is_stream)
{
	bool is_gemini = ex->dialect == &dialect_gemini;

	if (is_stream && !ex->ask.is_array)
		return is_gemini ? "text/event-stream"
				 : "text/event-stream; charset=utf-8";
	return is_gemini ? "application/json; charset=UTF-8"
			 : "application/json";
}

static void
write_head(struct exchange *ex, int status, bool is_stream, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\ncontent-type: %s\r\n", status,
	    reason(status), content_type(ex, is_stream));
	ex->dialect->write_headers(out, ex->id);
	if (!ex->is_keep_alive)
		buf_add_cstr(out, "connection: close\r\n");
	if (is_stream)
		buf_add_cstr(out,
		    "cache-control: no-cache\r\n"
		    "transfer-encoding: chunked\r\n\r\n");
}

static void
write_whole(
    struct exchange *ex, int status, const struct buf *body, struct buf *out)
{
	write_head(ex, status, false, out);
	if (ex->kind == EXCHANGE_FAULT && ex->fault.retry_after_s >= 0 &&
	    ex->dialect->has_retry_header)
		buf_printf(out, "retry-after: %lld\r\n",
		    (long long)ex->fault.retry_after_s);
	buf_printf(out, "content-length: %zu\r\n\r\n", buf_len(body));
	buf_add_str(out, buf_str(body));
}

static enum progress
end(struct exchange *ex, enum outcome outcome, int64_t now_ns)
{
	exchange_record_end(ex, outcome, now_ns);
	return ex->is_keep_alive ? PROGRESS_DONE : PROGRESS_CLOSE;
}

static enum progress
run_fault(
    struct exchange *ex, int64_t now_ns, struct buf *scratch, struct buf *out)
{
	ex->kind = EXCHANGE_FAULT;
	ex->fault.request_id = ex->id;
	ex->dialect->write_fault(&ex->fault, scratch);
	write_whole(ex, ex->fault.status, scratch, out);
	return end(ex, OUTCOME_FAULT, now_ns);
}

static void
set_scripted_fault(struct exchange *ex, int status)
{
	(void)fault_set(&ex->fault, status, STR("Simulated error."), STR(""));
	if (ex->script.code[0] != '\0')
		ex->fault.code = ex->script.code;
}

static enum progress
reset(struct exchange *ex, int64_t now_ns)
{
	exchange_record_end(ex, OUTCOME_RESET, now_ns);
	return PROGRESS_RESET;
}

/* An answer in one piece, in which a mishap may happen at once. */
static enum progress
run_whole(
    struct exchange *ex, int64_t now_ns, struct buf *scratch, struct buf *out)
{
	size_t body_len;

	switch (ex->script.mishap) {
	case MISHAP_RESET:
		return reset(ex, now_ns);
	case MISHAP_STALL:
		return PROGRESS_STALL;
	case MISHAP_ERROR:
		set_scripted_fault(ex, 500);
		return run_fault(ex, now_ns, scratch, out);
	case MISHAP_GARBAGE:
		buf_add_cstr(scratch, "{\"garbage\": [1, 2,");
		break;
	case MISHAP_CUT:
	case MISHAP_NONE:
		ex->dialect->write_whole(&ex->answer, scratch);
		break;
	}
	write_whole(ex, 200, scratch, out);
	if (ex->script.mishap != MISHAP_CUT)
		return end(ex, OUTCOME_OK, now_ns);
	body_len = buf_len(scratch);
	buf_truncate(out, buf_len(out) - body_len / 2);
	exchange_record_end(ex, OUTCOME_CUT, now_ns);
	return PROGRESS_CLOSE;
}

/* Sends what is in `scratch` as one chunk and empties it. */
static void
write_chunk(struct buf *scratch, struct buf *out)
{
	if (buf_len(scratch) == 0)
		return;
	buf_printf(out, "%zx\r\n", buf_len(scratch));
	buf_add_str(out, buf_str(scratch));
	buf_add_cstr(out, "\r\n");
	buf_reset(scratch);
}

/* Does the mishap happen before this moment? */
static bool
is_mishap_due(const struct exchange *ex)
{
	return ex->script.mishap != MISHAP_NONE &&
	    ((ex->moment.kind == MOMENT_PIECE &&
		 ex->pieces >= (size_t)ex->script.mishap_after) ||
		ex->moment.kind == MOMENT_FINISH);
}

static enum progress
run_mishap(
    struct exchange *ex, int64_t now_ns, struct buf *scratch, struct buf *out)
{
	switch (ex->script.mishap) {
	case MISHAP_RESET:
		return reset(ex, now_ns);
	case MISHAP_STALL:
		return PROGRESS_STALL;
	case MISHAP_CUT:
		exchange_record_end(ex, OUTCOME_CUT, now_ns);
		return PROGRESS_CLOSE;
	case MISHAP_ERROR:
		set_scripted_fault(
		    ex, ex->dialect == &dialect_anthropic ? 529 : 500);
		ex->fault.request_id = ex->id;
		ex->dialect->write_stream_fault(&ex->fault, scratch);
		write_chunk(scratch, out);
		buf_add_cstr(out, "0\r\n\r\n");
		return end(ex, OUTCOME_FAULT, now_ns);
	case MISHAP_GARBAGE:
	case MISHAP_NONE:
		break;
	}
	/* Garbage comes once; then the stream goes on. */
	ex->script.mishap = MISHAP_NONE;
	buf_add_cstr(scratch, "data: {\"garbage\": [1, 2,\n\n");
	write_chunk(scratch, out);
	return PROGRESS_MORE;
}

/* When the next piece may go: the rate counts from the first one. */
static int64_t
due_ns(const struct exchange *ex)
{
	const struct simulator_settings *settings = &ex->simulator->settings;
	int64_t ttft_ms = choose(ex->script.ttft_ms, settings->ttft_ms);
	int64_t rate = choose(ex->script.rate, settings->token_rate);
	int64_t due = ex->head_ns + ttft_ms * NS_PER_MS;

	if (rate > 0)
		due += ex->moment.tokens_before * NS_PER_S / rate;
	return due;
}

static bool
next_moment(struct exchange *ex)
{
	if (!ex->has_moment)
		ex->has_moment = stream_next(
		    &ex->stream, ex->dialect, &ex->answer, &ex->moment);
	return ex->has_moment;
}

static enum progress
run_stream(struct exchange *ex, int64_t now_ns, struct buf *scratch,
    struct buf *out, int64_t *out_due_ns)
{
	while (buf_len(out) < OUT_HIGH_BYTES) {
		if (!next_moment(ex)) {
			buf_add_cstr(out, "0\r\n\r\n");
			return end(ex, OUTCOME_OK, now_ns);
		}
		*out_due_ns = due_ns(ex);
		if (ex->moment.kind == MOMENT_PIECE && *out_due_ns > now_ns)
			return PROGRESS_WAIT;
		if (is_mishap_due(ex)) {
			enum progress p = run_mishap(ex, now_ns, scratch, out);

			if (p != PROGRESS_MORE)
				return p;
		}
		ex->dialect->write_moment(&ex->answer, &ex->moment, scratch);
		write_chunk(scratch, out);
		ex->pieces += ex->moment.kind == MOMENT_PIECE;
		ex->has_moment = false;
	}
	return PROGRESS_MORE;
}

static enum progress
run_answer(struct exchange *ex, int64_t now_ns, struct buf *scratch,
    struct buf *out, int64_t *out_due_ns)
{
	if (!ex->ask.is_stream)
		return run_whole(ex, now_ns, scratch, out);
	if (ex->has_head)
		return run_stream(ex, now_ns, scratch, out, out_due_ns);
	/* A reset before anything was sent comes before the head, too. */
	if (ex->script.mishap == MISHAP_RESET && ex->script.mishap_after == 0)
		return reset(ex, now_ns);
	ex->has_head = true;
	ex->head_ns = now_ns;
	write_head(ex, 200, true, out);
	return run_stream(ex, now_ns, scratch, out, out_due_ns);
}

enum progress
exchange_run(struct exchange *ex, int64_t now_ns, struct buf *scratch,
    struct buf *out, int64_t *out_due_ns)
{
	int64_t latency_ms =
	    choose(ex->script.latency_ms, ex->simulator->settings.latency_ms);
	int64_t due = ex->started_ns + latency_ms * NS_PER_MS;

	buf_reset(scratch);
	if (!ex->has_head && latency_ms > 0 && now_ns < due) {
		*out_due_ns = due;
		return PROGRESS_WAIT;
	}
	switch (ex->kind) {
	case EXCHANGE_FAULT:
		return run_fault(ex, now_ns, scratch, out);
	case EXCHANGE_MODELS:
		ex->dialect->write_models(scratch);
		write_whole(ex, 200, scratch, out);
		return end(ex, OUTCOME_OK, now_ns);
	case EXCHANGE_CHAT:
		break;
	}
	return run_answer(ex, now_ns, scratch, out, out_due_ns);
}
