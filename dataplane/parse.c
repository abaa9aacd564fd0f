/*
 * parse.c - facts of the body, labels and hints of the headers.
 */
#include "dataplane/parse.h"

#include "dataplane/listener/endpoint.h"
#include "dataplane/request.h"
#include "dataplane/settings.h"
#include "dataplane/worker.h"

#define LABEL_NAME_MAX 64
#define LABEL_VALUE_MAX 256

static bool
is_label_text(struct str text, size_t max)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '-' ||
			c == '.' || c == '/' || c == ':'))
			return false;
	}
	return text.len > 0 && text.len <= max;
}

/* x-weir-tags: team=search,env=prod */
static enum status
read_tags(struct request *req)
{
	const char *header = exchange_header(&req->exchange, "x-weir-tags");
	struct str rest, part;

	if (header == NULL)
		return OK;
	req->labels = arena_alloc_array(
	    &req->arena, RECORD_LABELS_MAX, sizeof(*req->labels));
	rest = str_from(header);
	while (str_next(&rest, ',', &part)) {
		ptrdiff_t equals = str_find_char(part, '=');
		struct snapshot_label label;

		if (equals < 0 || req->label_count == RECORD_LABELS_MAX)
			return request_fail(req, E_INVALID, "x-weir-tags",
			    "x-weir-tags takes at most %d pairs k=v, "
			    "separated by commas",
			    RECORD_LABELS_MAX);
		label.name = str_trim(str_head(part, (size_t)equals));
		label.value = str_trim(str_skip(part, (size_t)equals + 1));
		if (!is_label_text(label.name, LABEL_NAME_MAX) ||
		    !is_label_text(label.value, LABEL_VALUE_MAX))
			return request_fail(req, E_INVALID, "x-weir-tags",
			    "names and values in x-weir-tags are letters, "
			    "digits and _-./:");
		req->labels[req->label_count++] = label;
	}
	return OK;
}

/* x-weir-timeout-ms: shortens the time for the whole request. */
static enum status
read_timeout(struct request *req)
{
	const char *header =
	    exchange_header(&req->exchange, "x-weir-timeout-ms");
	int64_t limit_ms = req->worker->settings->total_timeout_ms;
	int64_t wanted_ms;

	if (header != NULL) {
		if (str_to_i64(str_from(header), &wanted_ms) != OK ||
		    wanted_ms <= 0)
			return request_fail(req, E_INVALID, "x-weir-timeout-ms",
			    "x-weir-timeout-ms is a positive number of "
			    "milliseconds");
		limit_ms = i64_min(limit_ms, wanted_ms);
	}
	req->total_deadline_ns = req->born_ns + limit_ms * 1000000;
	return OK;
}

enum status
parse_stage(struct request *req)
{
	struct facts_fault fault = { 0 };
	enum status s = facts_read(req->endpoint->dialect, &req->arena,
	    buf_str(&req->exchange.body), &req->facts, &fault);

	if (s != OK) {
		request_fail_code(req, "invalid_body");
		s = request_fail(req, s, NULL, "%.*s", STR_ARGS(fault.message));
		req->refusal.param = fault.param;
		return s;
	}
	s = read_tags(req);
	return s == OK ? read_timeout(req) : s;
}
