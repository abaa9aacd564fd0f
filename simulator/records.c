/*
 * records.c - see records.h.  A ring of records under one lock; each keeps
 * its memory for the next request that takes its place.
 */
#include "simulator/records.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/emit.h"
#include "simulator/http.h"

enum {
	BODY_KEPT_BYTES = 64 * 1024,
	TEXT_MAX_BYTES = 256 * 1024,
	DIALECTS_MAX = 8,
};

struct span {
	size_t start;
	size_t len;
};

struct record {
	uint64_t number;
	int64_t wall_us;
	const char *dialect;
	struct buf text; /* the spans point into it */
	struct span method;
	struct span path;
	struct span query;
	struct span model;
	struct span headers; /* "name: value\n" each */
	struct span body;
	size_t body_bytes;
	bool is_stream;
	struct record_end end;
};

struct counter {
	const char *dialect;
	uint64_t requests;
	uint64_t streams;
	uint64_t outcomes[OUTCOME_COUNT];
};

struct records {
	pthread_mutex_t lock;
	uint64_t next_number;
	uint64_t first_number; /* after the last clear */
	struct counter counters[DIALECTS_MAX];
	int64_t open_streams;
	uint64_t cancelled_streams;
	size_t capacity;
	struct record ring[];
};

static const char *const outcome_words[] = {
	[OUTCOME_OPEN] = "open",
	[OUTCOME_OK] = "ok",
	[OUTCOME_FAULT] = "error",
	[OUTCOME_CANCELLED] = "cancelled",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_CUT] = "cut",
};

struct records *
records_new(size_t capacity)
{
	struct records *records =
	    calloc(1, sizeof(*records) + capacity * sizeof(records->ring[0]));

	if (records == NULL)
		abort();
	pthread_mutex_init(&records->lock, NULL);
	records->capacity = capacity;
	records->next_number = 1;
	records->first_number = 1;
	for (size_t i = 0; i < capacity; i++)
		buf_init(&records->ring[i].text, TEXT_MAX_BYTES);
	return records;
}

void
records_free(struct records *records)
{
	if (records == NULL)
		return;
	for (size_t i = 0; i < records->capacity; i++)
		buf_done(&records->ring[i].text);
	pthread_mutex_destroy(&records->lock);
	free(records);
}

static struct counter *
counter_of(struct records *records, const char *dialect)
{
	for (size_t i = 0; i < DIALECTS_MAX; i++) {
		struct counter *counter = &records->counters[i];

		if (counter->dialect == NULL)
			counter->dialect = dialect;
		if (strcmp(counter->dialect, dialect) == 0)
			return counter;
	}
	abort();
}

/* NULL when the request is not kept any more. */
static struct record *
record_of(struct records *records, uint64_t number)
{
	struct record *record;

	if (records->capacity == 0)
		return NULL;
	record = &records->ring[number % records->capacity];
	return record->number == number ? record : NULL;
}

static struct span
add_text(struct buf *text, struct str s)
{
	struct span span = { .start = buf_len(text), .len = s.len };

	buf_add_str(text, s);
	return span;
}

static bool
is_credential(struct str name)
{
	static const struct str names[] = { STR("authorization"),
		STR("x-api-key"), STR("api-key"), STR("x-goog-api-key"),
		STR("cookie") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(name, names[i]))
			return true;
	}
	return false;
}

static void
add_digest(struct buf *text, struct str secret)
{
	static const char digits[] = "0123456789abcdef";
	const struct str bearer = STR("Bearer ");
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE];

	if (str_has_prefix_nocase(secret, bearer))
		secret = str_skip(secret, bearer.len);
	digest_sha256(secret, digest);
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	buf_add_cstr(text, "sha256:");
	buf_add(text, hex, sizeof(hex));
}

static struct span
add_headers(struct buf *text, const struct http_request *req)
{
	struct span span = { .start = buf_len(text) };

	for (size_t i = 0; i < req->header_count; i++) {
		const struct http_header *header = &req->headers[i];

		buf_add_str(text, header->name);
		buf_add_cstr(text, ": ");
		if (is_credential(header->name))
			add_digest(text, header->value);
		else
			buf_add_str(text, header->value);
		buf_add_char(text, '\n');
	}
	span.len = buf_len(text) - span.start;
	return span;
}

/* "key=…" is a credential too. */
static struct span
add_query(struct buf *text, struct str query)
{
	struct span span = { .start = buf_len(text) };
	struct str part;

	while (str_next(&query, '&', &part)) {
		if (buf_len(text) > span.start)
			buf_add_char(text, '&');
		if (str_has_prefix(part, STR("key="))) {
			buf_add_cstr(text, "key=");
			add_digest(text, str_skip(part, 4));
		} else {
			buf_add_str(text, part);
		}
	}
	span.len = buf_len(text) - span.start;
	return span;
}

static void
keep(struct record *record, const struct record_start *start, uint64_t number)
{
	const struct http_request *req = start->request;

	buf_reset(&record->text);
	record->number = number;
	record->wall_us = clock_wall_us();
	record->dialect = start->dialect;
	record->method = add_text(&record->text, req->method);
	record->path = add_text(&record->text, req->path);
	record->query = add_query(&record->text, req->query);
	record->model = add_text(&record->text, start->model);
	record->headers = add_headers(&record->text, req);
	record->body =
	    add_text(&record->text, str_head(req->body, BODY_KEPT_BYTES));
	record->body_bytes = req->body.len;
	record->is_stream = start->is_stream;
	record->end = (struct record_end){ 0 };
}

uint64_t
records_begin(struct records *records, const struct record_start *start)
{
	struct counter *counter;
	uint64_t number;

	pthread_mutex_lock(&records->lock);
	number = records->next_number++;
	counter = counter_of(records, start->dialect);
	counter->requests++;
	counter->streams += start->is_stream;
	records->open_streams += start->is_stream;
	if (records->capacity > 0)
		keep(&records->ring[number % records->capacity], start, number);
	pthread_mutex_unlock(&records->lock);
	return number;
}

void
records_end(
    struct records *records, uint64_t number, const struct record_end *end)
{
	struct record *record;

	pthread_mutex_lock(&records->lock);
	records->open_streams -= end->is_stream;
	if (number >= records->first_number) {
		counter_of(records, end->dialect)->outcomes[end->outcome]++;
		records->cancelled_streams +=
		    end->is_stream && end->outcome == OUTCOME_CANCELLED;
	}
	record = record_of(records, number);
	if (record != NULL)
		record->end = *end;
	pthread_mutex_unlock(&records->lock);
}

/* Streams that are open stay counted. */
void
records_clear(struct records *records)
{
	pthread_mutex_lock(&records->lock);
	records->first_number = records->next_number;
	records->cancelled_streams = 0;
	memset(records->counters, 0, sizeof(records->counters));
	pthread_mutex_unlock(&records->lock);
}

static struct str
span_text(const struct record *record, struct span span)
{
	return str_head(str_skip(buf_str(&record->text), span.start), span.len);
}

static void
emit_headers(struct emit *e, struct str lines)
{
	struct str line;

	emit_key(e, "headers");
	emit_array_open(e);
	while (str_next(&lines, '\n', &line)) {
		ptrdiff_t colon = str_find_char(line, ':');

		emit_array_open(e);
		emit_str(e, str_head(line, (size_t)colon));
		emit_str(e, str_skip(line, (size_t)colon + 2));
		emit_array_close(e);
	}
	emit_array_close(e);
}

static void
emit_record(struct emit *e, const struct record *record)
{
	char when[CLOCK_TEXT_SIZE];

	emit_object_open(e);
	emit_field_int(e, "number", (int64_t)record->number);
	emit_field_cstr(e, "at", clock_format(record->wall_us, when));
	emit_field_cstr(e, "dialect", record->dialect);
	emit_field_str(e, "method", span_text(record, record->method));
	emit_field_str(e, "path", span_text(record, record->path));
	emit_field_str(e, "query", span_text(record, record->query));
	emit_field_str(e, "model", span_text(record, record->model));
	emit_headers(e, span_text(record, record->headers));
	emit_field_str(e, "body", span_text(record, record->body));
	emit_field_int(e, "body_bytes", (int64_t)record->body_bytes);
	emit_field_bool(e, "stream", record->is_stream);
	emit_field_cstr(e, "outcome", outcome_words[record->end.outcome]);
	emit_field_int(e, "status", record->end.status);
	emit_field_int(e, "pieces", (int64_t)record->end.pieces);
	emit_field_int(e, "after_us", record->end.after_us);
	emit_object_close(e);
}

static void
emit_counter(struct emit *e, const struct counter *counter)
{
	emit_key(e, counter->dialect);
	emit_object_open(e);
	emit_field_int(e, "requests", (int64_t)counter->requests);
	emit_field_int(e, "streams", (int64_t)counter->streams);
	for (size_t i = OUTCOME_OK; i < OUTCOME_COUNT; i++)
		emit_field_int(
		    e, outcome_words[i], (int64_t)counter->outcomes[i]);
	emit_object_close(e);
}

/* Oldest first. */
static void
emit_requests(struct emit *e, struct records *records)
{
	uint64_t first = records->first_number;

	if (records->next_number > records->capacity &&
	    first < records->next_number - records->capacity)
		first = records->next_number - records->capacity;
	emit_key(e, "requests");
	emit_array_open(e);
	for (uint64_t n = first; n < records->next_number; n++) {
		const struct record *record = record_of(records, n);

		if (record != NULL)
			emit_record(e, record);
	}
	emit_array_close(e);
}

void
records_write(struct records *records, struct buf *out)
{
	struct emit e;

	emit_init(&e, out);
	pthread_mutex_lock(&records->lock);
	emit_object_open(&e);
	emit_key(&e, "dialects");
	emit_object_open(&e);
	for (size_t i = 0; i < DIALECTS_MAX; i++) {
		if (records->counters[i].dialect != NULL)
			emit_counter(&e, &records->counters[i]);
	}
	emit_object_close(&e);
	emit_field_int(&e, "open_streams", records->open_streams);
	emit_field_int(
	    &e, "cancelled_streams", (int64_t)records->cancelled_streams);
	emit_requests(&e, records);
	emit_object_close(&e);
	pthread_mutex_unlock(&records->lock);
}
