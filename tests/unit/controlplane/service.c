/* service.c - see service.h. */
#include "tests/unit/controlplane/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/token.h"
#include "controlplane/store/fleet.h"
#include "controlplane/usage/collector.h"

struct world world;
struct publisher *publisher;
struct fleet *fleet;

static struct collector *collector;

const char *
service_link_url(const char *name)
{
	return str_cstr(&world.arena,
	    str_printf(&world.arena, "ipc://%s/%s", world.keys, name));
}

/* A new enrolment token, good for max_uses gateways. */
const char *
service_make_token(int64_t max_uses, int64_t expires_us)
{
	char *token = arena_alloc(&world.arena, TOKEN_TEXT_SIZE);
	uint8_t verifier[SHA256_SIZE];
	struct str public_id;
	struct tx tx;

	token_make(TOKEN_PREFIX_ENROLMENT, token);
	assert_int_equal(
	    token_parse(str_from(token), TOKEN_PREFIX_ENROLMENT, &public_id),
	    OK);
	uint32_t pepper = keyring_pepper_version(world.keyring);
	assert_int_equal(
	    keyring_verifier(world.keyring, pepper, str_from(token), verifier),
	    OK);
	const struct enrolment_spec spec = {
		.id = id_make(),
		.name = STR("edge"),
		.public_id = public_id,
		.display = STR("weir_en_…"),
		.verifier = str_make(verifier, sizeof(verifier)),
		.pepper_version = pepper,
		.max_uses = max_uses,
		.expires_us = expires_us,
	};
	tx_begin(&tx, world.db, &world.arena);
	store_enrolment_insert(&tx, &spec);
	assert_int_equal(tx_commit(&tx), OK);
	return token;
}

int64_t
service_tomorrow(void)
{
	return clock_wall_us() + 86400 * US_PER_S;
}

/* Enrolled, and in a session. */
void
service_let_in(struct gateway_client *g)
{
	gateway_init(g, &world.arena, fleet);
	assert_int_equal(
	    gateway_enrol(g, service_make_token(1, service_tomorrow())), 0);
	assert_int_equal(gateway_hello(g), 0);
}

void
service_wait_for_rev(uint64_t rev)
{
	const struct timespec pause = { .tv_nsec = 5 * NS_PER_MS };

	for (int i = 0; i < 2000 && publisher_rev(publisher) != rev; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(publisher_rev(publisher), rev);
}

const Weir__Link__V1__Answer *
gateway_ask_config(struct gateway_client *g)
{
	Weir__Link__V1__ConfigGet get = WEIR__LINK__V1__CONFIG_GET__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CONFIG_GET;
	question.config_get = &get;
	return gateway_ask(g, &question);
}

const Weir__Link__V1__Answer *
gateway_ask_chunk(struct gateway_client *g, uint64_t rev, uint32_t index)
{
	Weir__Link__V1__ChunkGet get = WEIR__LINK__V1__CHUNK_GET__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	get.rev = rev;
	get.index = index;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CHUNK_GET;
	question.chunk_get = &get;
	return gateway_ask(g, &question);
}

const Weir__Link__V1__Answer *
gateway_ask_heartbeat(struct gateway_client *g, uint64_t spool_bytes)
{
	Weir__Link__V1__Heartbeat beat = WEIR__LINK__V1__HEARTBEAT__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	beat.spool_bytes = spool_bytes;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_HEARTBEAT;
	question.heartbeat = &beat;
	return gateway_ask(g, &question);
}

int
gateway_error(const Weir__Link__V1__Answer *answer)
{
	assert_non_null(answer);
	if (answer->body_case != WEIR__LINK__V1__ANSWER__BODY_ERROR)
		return 0;
	return (int)answer->error->code;
}

int
service_open(void **state)
{
	world_open(&world);
	const struct publisher_options published = {
		.database_url = pg_url(world.pg),
		.compile = { .keyring = world.keyring,
		    .max_bytes = 64 << 20,
		    .lkg_max_age_s = 86400 },
	};
	assert_int_equal(publisher_open(&published, &publisher), OK);
	assert_int_equal(collector_open(pg_url(world.pg), &collector), OK);
	const struct fleet_options options = {
		.database_url = pg_url(world.pg),
		.keyring = world.keyring,
		.publisher = publisher,
		.collector = collector,
		.threads = SERVICE_THREADS,
		.batch_max_records = 1000,
		.batch_max_bytes = 262144,
		.heartbeat_ms = 5000,
	};
	fleet = fleet_open(&options);
	service_wait_for_rev(0);
	while (!publisher_is_ready(publisher))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return 0;
}

int
service_close(void **state)
{
	fleet_close(fleet);
	collector_close(collector);
	publisher_close(publisher);
	world_close(&world);
	return 0;
}
