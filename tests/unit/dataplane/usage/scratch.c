/*
 * scratch.c - see scratch.h.
 */
#include "tests/unit/dataplane/usage/scratch.h"

#include <assert.h>
#include <endian.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"
#include "proto/usage.pb-c.h"

const char *
scratch_make(char out[SCRATCH_PATH_SIZE])
{
	const char *base = getenv("TMPDIR");

	snprintf(out, SCRATCH_PATH_SIZE, "%s/weir-test-XXXXXX",
	    base != NULL ? base : "/tmp");
	if (mkdtemp(out) == NULL)
		abort();
	return out;
}

static int
remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	return remove(path);
}

void
scratch_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct {
	const char *suffix;
	char (*out)[SCRATCH_PATH_SIZE];
	size_t max;
	size_t count;
} listing;

static int
list_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
	size_t len = strlen(path), suffix_len = strlen(listing.suffix);

	if (kind == FTW_F && len >= suffix_len &&
	    strcmp(path + len - suffix_len, listing.suffix) == 0 &&
	    listing.count < listing.max)
		snprintf(listing.out[listing.count++], SCRATCH_PATH_SIZE, "%s",
		    path);
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t
scratch_list(const char *path, const char *suffix,
    char out[][SCRATCH_PATH_SIZE], size_t max)
{
	listing.suffix = suffix;
	listing.out = out;
	listing.max = max;
	listing.count = 0;
	nftw(path, list_one, 16, FTW_PHYS);
	qsort(out, listing.count, SCRATCH_PATH_SIZE, compare_paths);
	return listing.count;
}

static struct record_subject
subject_of(uint64_t number)
{
	struct record_subject subject = {
		.wall_us = 1700000000000000,
		.tenant_sid = 1,
		.team_sid = 2,
		.key_sid = 3,
		.provider_sid = 4,
		.alias = STR("gpt-5"),
		.upstream_model = STR("gpt-5-2025-08-07"),
		.dialect = "openai-chat",
	};

	number = htobe64(number);
	memcpy(subject.request_id.bytes + 8, &number, sizeof(number));
	return subject;
}

struct record_intent
scratch_intent(uint64_t number)
{
	return (struct record_intent){
		.subject = subject_of(number),
		.input_guess = 1000,
	};
}

struct record
scratch_record(uint64_t number)
{
	return (struct record){
		.subject = subject_of(number),
		.outcome = OUTCOME_OK,
		.http_status = 200,
		.tokens = { .input = 1000, .output = 50, .reported = true },
		.cost_nano = 123456,
		.price_sids = { 7, 8 },
		.price_count = 2,
		.latency_us = 1500000,
		.ttft_us = 300000,
		.upstream_us = 1490000,
		.stream = true,
		.attempts = { { 4, STR("gpt-5-2025-08-07"), 200, FAILURE_NONE,
		    1490000 } },
		.attempt_count = 1,
		.route_reason = STR("alias"),
		.config_rev = 42,
	};
}

static Weir__Usage__V1__Record *
unpack(struct str packed)
{
	Weir__Usage__V1__Record *record = weir__usage__v1__record__unpack(
	    NULL, packed.len, (const uint8_t *)packed.ptr);

	assert(record != NULL);
	assert(record->subject != NULL);
	assert(record->subject->request_id.len == 16);
	return record;
}

uint64_t
scratch_number(struct str packed)
{
	Weir__Usage__V1__Record *record = unpack(packed);
	uint64_t number;

	memcpy(&number, record->subject->request_id.data + 8, sizeof(number));
	weir__usage__v1__record__free_unpacked(record, NULL);
	return be64toh(number);
}

const char *
scratch_code(struct str packed)
{
	static char code[128];
	Weir__Usage__V1__Record *record = unpack(packed);

	snprintf(code, sizeof(code), "%s", record->error_code);
	weir__usage__v1__record__free_unpacked(record, NULL);
	return code;
}

void
scratch_write(struct spool *spool, uint64_t number)
{
	struct record_intent intent = scratch_intent(number);
	struct record record = scratch_record(number);
	struct spool_ticket ticket = { 0 };

	if (spool_begin(spool, &intent, &ticket) != OK)
		abort();
	assert(ticket.open);
	spool_end(spool, &ticket, &record);
	assert(!ticket.open);
}

static void
tally_add(struct scratch_tally *tally, struct str record)
{
	const char *code = scratch_code(record);
	uint64_t number = scratch_number(record);

	if (strcmp(code, "usage_lost") == 0) {
		tally->lost++;
		return;
	}
	tally->recovered += strcmp(code, "gateway_restarted") == 0;
	assert(number < ARRAY_LEN(tally->counts));
	tally->counts[number]++;
}

uint64_t
scratch_drain(struct spool *spool, struct scratch_tally *tally)
{
	uint64_t count = 0, boot_id = 0, next_seq = 0;
	struct arena arena CLEANUP(arena_done);
	struct spool_batch batch;

	arena_init(&arena, 0);
	while (spool_read(spool, &arena, 100, 1 << 20, &batch) == OK) {
		if (batch.boot_id != boot_id)
			assert(batch.boot_id > boot_id);
		else
			assert(batch.first_seq == next_seq);
		boot_id = batch.boot_id;
		next_seq = batch.first_seq + batch.count;
		for (size_t i = 0; tally != NULL && i < batch.count; i++)
			tally_add(tally, batch.records[i]);
		count += batch.count;
		spool_ack(spool, boot_id, next_seq - 1);
		arena_reset(&arena);
	}
	return count;
}
