/*
 * packing.c - between our structs and protobuf's, on the stack.
 *
 * The request's thread packs, twice per request, so nothing is allocated:
 * messages, their texts and the result lie on the stack, bounded by the
 * *_MAX of each text.
 */
#include "dataplane/usage/packing.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/wire.h"
#include "proto/usage.pb-c.h"

enum {
	ALIAS_MAX = 256,
	MODEL_MAX = 256,
	DIALECT_MAX = 32,
	CODE_MAX = 64,
	REASON_MAX = 128,
	ATTEMPT_MODEL_MAX = 128,
	LABEL_NAME_MAX = 64,
	LABEL_VALUE_MAX = 128,

	NUMBER_MAX = 11, /* a varint of 64 bits and its tag */
	TEXT_EXTRA = 4,	 /* a text's tag and length */
	FAILURE_WORD_MAX = 16,

	SUBJECT_TEXTS = ALIAS_MAX + MODEL_MAX + DIALECT_MAX + 3,
	ATTEMPTS_TEXTS = RECORD_ATTEMPTS_MAX * (ATTEMPT_MODEL_MAX + 1),
	LABELS_TEXTS =
	    RECORD_LABELS_MAX * (LABEL_NAME_MAX + LABEL_VALUE_MAX + 2),
	RECORD_TEXTS = SUBJECT_TEXTS + CODE_MAX + REASON_MAX + 2 +
	    ATTEMPTS_TEXTS + LABELS_TEXTS,

	SUBJECT_MAX = SUBJECT_TEXTS + 16 + 9 * NUMBER_MAX + 5 * TEXT_EXTRA,
	ATTEMPT_MAX = ATTEMPT_MODEL_MAX + FAILURE_WORD_MAX + 3 * NUMBER_MAX +
	    3 * TEXT_EXTRA,
	LABEL_MAX = LABEL_NAME_MAX + LABEL_VALUE_MAX + 3 * TEXT_EXTRA,
	RECORD_MAX = SUBJECT_MAX + CODE_MAX + REASON_MAX +
	    RECORD_ATTEMPTS_MAX * ATTEMPT_MAX + RECORD_LABELS_MAX * LABEL_MAX +
	    (RECORD_PRICES_MAX + 20) * NUMBER_MAX + 6 * TEXT_EXTRA,
};
static_assert(
    SUBJECT_MAX + 3 * NUMBER_MAX + 2 * TEXT_EXTRA <= PACKING_INTENT_MAX_BYTES);
static_assert(RECORD_MAX <= PACKING_RECORD_MAX_BYTES);

/* The compiler need not clear what is written before it is read. */
#define UNCLEARED __attribute__((uninitialized))

/* Every map<string, string> of the schema has entries of this type. */
#define LABEL_ENTRY Weir__Usage__V1__Record__LabelsEntry

/* Where the texts of a message go, each ended by NUL. */
struct texts {
	char *next;
};

/* What a client sent as text and is none keeps its length and its ASCII. */
static void
mend(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
}

static char *
text_add(struct texts *texts, struct str text, size_t max_bytes)
{
	char *out = texts->next;

	if (text.len > max_bytes)
		text = str_head_utf8(text, max_bytes);
	if (text.len > 0)
		memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	if (memchr(out, '\0', text.len) != NULL || !str_is_utf8(text))
		mend(out, text.len);
	texts->next = out + text.len + 1;
	return out;
}

/* Of a number that cannot be negative. */
static uint64_t
natural(int64_t number)
{
	return number > 0 ? (uint64_t)number : 0;
}

static void
fill_subject(const struct record_subject *subject, struct texts *texts,
    Weir__Usage__V1__Subject *out)
{
	*out = (Weir__Usage__V1__Subject)WEIR__USAGE__V1__SUBJECT__INIT;
	out->request_id = wire_data(str_make(
	    subject->request_id.bytes, sizeof(subject->request_id.bytes)));
	out->ts_us = natural(subject->wall_us);
	out->tenant_sid = subject->tenant_sid;
	out->team_sid = subject->team_sid;
	out->key_sid = subject->key_sid;
	out->provider_sid = subject->provider_sid;
	out->route_sid = subject->route_sid;
	out->alias = text_add(texts, subject->alias, ALIAS_MAX);
	out->upstream_model =
	    text_add(texts, subject->upstream_model, MODEL_MAX);
	out->dialect = text_add(texts, str_from(subject->dialect), DIALECT_MAX);
}

size_t
packing_write_intent(
    const struct record_intent *intent, uint8_t out[PACKING_INTENT_MAX_BYTES])
{
	Weir__Usage__V1__Entry entry = WEIR__USAGE__V1__ENTRY__INIT;
	Weir__Usage__V1__Intent message = WEIR__USAGE__V1__INTENT__INIT;
	Weir__Usage__V1__Subject subject;
	char room[SUBJECT_TEXTS] UNCLEARED;
	struct texts texts = { room };

	fill_subject(&intent->subject, &texts, &subject);
	message.subject = &subject;
	message.input_tokens_guess = natural(intent->input_guess);
	message.reserved_nano = intent->reserved_nano;
	entry.body_case = WEIR__USAGE__V1__ENTRY__BODY_INTENT;
	entry.intent = &message;
	return weir__usage__v1__entry__pack(&entry, out);
}

static void
fill_tokens(const struct tokens *tokens, Weir__Usage__V1__Tokens *out)
{
	*out = (Weir__Usage__V1__Tokens)WEIR__USAGE__V1__TOKENS__INIT;
	out->input = natural(tokens->input);
	out->cached = natural(tokens->cached);
	out->cache_write_5m = natural(tokens->cache_write_5m);
	out->cache_write_1h = natural(tokens->cache_write_1h);
	out->output = natural(tokens->output);
	out->reasoning = natural(tokens->reasoning);
}

static void
fill_attempt(const struct record_attempt *attempt, struct texts *texts,
    Weir__Usage__V1__Attempt *out)
{
	*out = (Weir__Usage__V1__Attempt)WEIR__USAGE__V1__ATTEMPT__INIT;
	out->provider_sid = attempt->provider_sid;
	out->upstream_model =
	    text_add(texts, attempt->upstream_model, ATTEMPT_MODEL_MAX);
	out->http_status = (uint32_t)natural(attempt->http_status);
	if (attempt->failure != FAILURE_NONE)
		out->failure = (char *)failure_word(attempt->failure);
	out->duration_us = natural(attempt->duration_us);
}

/* What fill_record() points to. */
struct record_parts {
	Weir__Usage__V1__Subject subject;
	Weir__Usage__V1__Tokens tokens;
	Weir__Usage__V1__Attempt attempts[RECORD_ATTEMPTS_MAX];
	Weir__Usage__V1__Attempt *attempt_list[RECORD_ATTEMPTS_MAX];
	LABEL_ENTRY labels[RECORD_LABELS_MAX];
	LABEL_ENTRY *label_list[RECORD_LABELS_MAX];
	char room[RECORD_TEXTS];
};

static void
fill_lists(const struct record *record, struct texts *texts,
    struct record_parts *parts, Weir__Usage__V1__Record *out)
{
	assert(record->attempt_count <= RECORD_ATTEMPTS_MAX);
	assert(record->label_count <= RECORD_LABELS_MAX);
	assert(record->price_count <= RECORD_PRICES_MAX);

	for (size_t i = 0; i < record->attempt_count; i++) {
		fill_attempt(&record->attempts[i], texts, &parts->attempts[i]);
		parts->attempt_list[i] = &parts->attempts[i];
	}
	for (size_t i = 0; i < record->label_count; i++) {
		parts->labels[i] =
		    (LABEL_ENTRY)WEIR__USAGE__V1__RECORD__LABELS_ENTRY__INIT;
		parts->labels[i].key =
		    text_add(texts, record->label_names[i], LABEL_NAME_MAX);
		parts->labels[i].value =
		    text_add(texts, record->label_values[i], LABEL_VALUE_MAX);
		parts->label_list[i] = &parts->labels[i];
	}
	out->attempts = parts->attempt_list;
	out->n_attempts = record->attempt_count;
	out->labels = parts->label_list;
	out->n_labels = record->label_count;
	out->price_ids = (uint32_t *)record->price_sids;
	out->n_price_ids = record->price_count;
}

static void
fill_record(const struct record *record, struct record_parts *parts,
    Weir__Usage__V1__Record *out)
{
	struct texts texts = { parts->room };

	fill_subject(&record->subject, &texts, &parts->subject);
	fill_tokens(&record->tokens, &parts->tokens);
	*out = (Weir__Usage__V1__Record)WEIR__USAGE__V1__RECORD__INIT;
	out->subject = &parts->subject;
	out->outcome = (Weir__Usage__V1__Outcome)record->outcome;
	out->http_status = (uint32_t)natural(record->http_status);
	out->error_code = text_add(&texts, record->error_code, CODE_MAX);
	out->tokens = &parts->tokens;
	out->estimated = !record->tokens.reported;
	out->unpriced = record->unpriced;
	out->cost_nano = record->cost_nano;
	out->latency_us = natural(record->latency_us);
	out->ttft_us = natural(record->ttft_us);
	out->upstream_us = natural(record->upstream_us);
	out->stream = record->stream;
	out->route_reason = text_add(&texts, record->route_reason, REASON_MAX);
	out->count = record->count;
	out->config_rev = record->config_rev;
	fill_lists(record, &texts, parts, out);
}

size_t
packing_write_record(
    const struct record *record, uint8_t out[PACKING_RECORD_MAX_BYTES])
{
	Weir__Usage__V1__Entry entry = WEIR__USAGE__V1__ENTRY__INIT;
	Weir__Usage__V1__Record message UNCLEARED;
	struct record_parts parts UNCLEARED;

	fill_record(record, &parts, &message);
	entry.body_case = WEIR__USAGE__V1__ENTRY__BODY_RECORD;
	entry.record = &message;
	return weir__usage__v1__entry__pack(&entry, out);
}

struct str
packing_write_lost(struct arena *arena, const char *why)
{
	struct record record = {
		.subject = { .request_id = id_make(),
		    .wall_us = clock_wall_us() },
		.outcome = OUTCOME_ERROR,
		.error_code = str_from(why),
		.unpriced = true,
	};
	uint8_t packed[PACKING_RECORD_MAX_BYTES] UNCLEARED;
	size_t len = packing_write_record(&record, packed);
	struct str body;

	if (packing_open(str_make(packed, len), &body) != PACKING_RECORD)
		abort();
	return str_copy(arena, body);
}

/*
 * An Entry is one field: its tag, the length, the body.  Done by hand because
 * the shipper wants a record's bytes, not its values.
 */
enum packing_kind
packing_open(struct str entry, struct str *out_body)
{
	static const char tags[] = { 1 << 3 | 2, 2 << 3 | 2 };
	uint64_t len = 0;
	size_t i = 1;
	unsigned shift = 0;

	if (entry.len < 2)
		return PACKING_NONE;
	for (; i < entry.len && shift < 32; shift += 7) {
		uint64_t byte = (unsigned char)entry.ptr[i++];

		len |= (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			break;
	}
	if (len != entry.len - i)
		return PACKING_NONE;
	*out_body = str_skip(entry, i);
	if (entry.ptr[0] == tags[0])
		return PACKING_INTENT;
	return entry.ptr[0] == tags[1] ? PACKING_RECORD : PACKING_NONE;
}

static enum status
read_subject(
    const Weir__Usage__V1__Subject *subject, struct record_subject *out)
{
	if (subject == NULL ||
	    subject->request_id.len != sizeof(out->request_id.bytes))
		return E_CORRUPT;
	*out = (struct record_subject){
		.wall_us = i64_from_u64(subject->ts_us, INT64_MAX),
		.tenant_sid = subject->tenant_sid,
		.team_sid = subject->team_sid,
		.key_sid = subject->key_sid,
		.provider_sid = subject->provider_sid,
		.route_sid = subject->route_sid,
		.alias = str_from(subject->alias),
		.upstream_model = str_from(subject->upstream_model),
		.dialect = subject->dialect,
	};
	memcpy(out->request_id.bytes, subject->request_id.data,
	    sizeof(out->request_id.bytes));
	return OK;
}

enum status
packing_read_intent(
    struct arena *arena, struct str body, struct record_intent *out)
{
	const Weir__Usage__V1__Intent *intent;
	ProtobufCMessage *message;
	enum status s;

	s = wire_unpack(arena, &weir__usage__v1__intent__descriptor, body,
	    PACKING_INTENT_MAX_BYTES, &message);
	if (s != OK)
		return E_CORRUPT;
	intent = (const Weir__Usage__V1__Intent *)message;
	s = read_subject(intent->subject, &out->subject);
	if (s != OK)
		return s;
	out->input_guess = i64_from_u64(intent->input_tokens_guess, INT64_MAX);
	out->reserved_nano = intent->reserved_nano;
	return OK;
}

enum status
packing_read_subject(
    struct arena *arena, struct str record, struct record_subject *out)
{
	ProtobufCMessage *message;

	if (wire_unpack(arena, &weir__usage__v1__record__descriptor, record,
		PACKING_RECORD_MAX_BYTES, &message) != OK)
		return E_CORRUPT;
	return read_subject(
	    ((const Weir__Usage__V1__Record *)message)->subject, out);
}
