/* gateway.c - see gateway.h. */
#include "tests/unit/controlplane/gateway.h"

#include <endian.h>
#include <string.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/id.h"
#include "common/link.h"
#include "common/wire.h"

#define TIMEOUT_MS 5000
#define NO_ANSWER (-1)

void
gateway_init(struct gateway_client *g, struct arena *arena, struct fleet *fleet)
{
	memset(g, 0, sizeof(*g));
	g->arena = arena;
	g->fleet = fleet;
	g->boot_id = 1;
	box_keypair(g->box_private, g->box_public);
}

static struct str
mac(struct gateway_client *g, struct str body)
{
	uint64_t counter = htobe64(g->counter);
	uint8_t *out = arena_alloc(g->arena, SHA256_SIZE);
	struct hmac_key *key = hmac_key_new(g->session_key);
	char *bytes = arena_alloc(g->arena, sizeof(counter) + body.len);

	memcpy(bytes, &counter, sizeof(counter));
	memcpy(bytes + sizeof(counter), body.ptr, body.len);
	hmac_sign(key, str_make(bytes, sizeof(counter) + body.len), out);
	hmac_key_free(key);
	return str_make(out, SHA256_SIZE);
}

const Weir__Link__V1__Answer *
gateway_ask(struct gateway_client *g, const Weir__Link__V1__Question *question)
{
	Weir__Link__V1__Envelope envelope = WEIR__LINK__V1__ENVELOPE__INIT;
	struct str body = wire_pack(g->arena, &question->base);
	ProtobufCMessage *message;
	struct str answer;

	envelope.version = 1;
	envelope.body = wire_data(body);
	if (g->session.len > 0) {
		envelope.counter = ++g->counter;
		envelope.session = wire_data(g->session);
		envelope.mac = wire_data(mac(g, body));
	}
	struct str packed = wire_pack(g->arena, &envelope.base);
	if (!g->link)
		answer = fleet_answer(g->fleet, 0, g->arena, packed);
	else if (link_ask(g->link, g->arena, packed, TIMEOUT_MS, &answer) != OK)
		return NULL;
	if (wire_unpack(g->arena, &weir__link__v1__answer__descriptor, answer,
		LINK_MESSAGE_MAX_BYTES, &message) != OK)
		return NULL;
	return (const Weir__Link__V1__Answer *)message;
}

static int
code_of(const Weir__Link__V1__Answer *answer,
    Weir__Link__V1__Answer__BodyCase expected)
{
	if (!answer)
		return NO_ANSWER;
	if (answer->body_case == WEIR__LINK__V1__ANSWER__BODY_ERROR)
		return (int)answer->error->code;
	return answer->body_case == expected ? 0 : NO_ANSWER;
}

int
gateway_enrol(struct gateway_client *g, const char *token)
{
	Weir__Link__V1__Enrol enrol = WEIR__LINK__V1__ENROL__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	enrol.token = (char *)token;
	enrol.name = "Edge One";
	enrol.box_public =
	    wire_data(str_make(g->box_public, sizeof(g->box_public)));
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_ENROL;
	question.enrol = &enrol;
	const Weir__Link__V1__Answer *answer = gateway_ask(g, &question);
	int code = code_of(answer, WEIR__LINK__V1__ANSWER__BODY_ENROLLED);
	if (code == 0) {
		g->id = wire_bytes(answer->enrolled->gateway_id);
		g->secret = wire_bytes(answer->enrolled->secret);
		g->sign_public = wire_bytes(answer->enrolled->sign_public);
	}
	return code;
}

static int
get_challenge(struct gateway_client *g, struct str *out)
{
	Weir__Link__V1__ChallengeGet get = WEIR__LINK__V1__CHALLENGE_GET__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CHALLENGE_GET;
	question.challenge_get = &get;
	const Weir__Link__V1__Answer *answer = gateway_ask(g, &question);
	int code = code_of(answer, WEIR__LINK__V1__ANSWER__BODY_CHALLENGE);
	if (code == 0)
		*out = wire_bytes(answer->challenge->nonce);
	return code;
}

static void
prove(struct gateway_client *g, struct str nonce, uint8_t out[SHA256_SIZE])
{
	struct hmac_key *key = hmac_key_new(g->secret);
	uint64_t boot_id = htobe64(g->boot_id);
	char bytes[128];
	size_t len = nonce.len + g->id.len + sizeof(boot_id);

	memcpy(bytes, nonce.ptr, nonce.len);
	memcpy(bytes + nonce.len, g->id.ptr, g->id.len);
	memcpy(bytes + nonce.len + g->id.len, &boot_id, sizeof(boot_id));
	hmac_sign(key, str_make(bytes, len), out);
	hmac_key_free(key);
}

int
gateway_hello(struct gateway_client *g)
{
	Weir__Link__V1__Hello hello = WEIR__LINK__V1__HELLO__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	uint8_t proof[SHA256_SIZE];
	struct str nonce;

	g->session.len = 0;
	int code = get_challenge(g, &nonce);
	if (code != 0)
		return code;
	prove(g, nonce, proof);
	hello.gateway_id = wire_data(g->id);
	hello.boot_id = g->boot_id;
	hello.nonce = wire_data(nonce);
	hello.proof = wire_data(str_make(proof, sizeof(proof)));
	hello.version = "test";
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_HELLO;
	question.hello = &hello;
	const Weir__Link__V1__Answer *answer = gateway_ask(g, &question);
	code = code_of(answer, WEIR__LINK__V1__ANSWER__BODY_HELLO_ACK);
	if (code == 0) {
		g->session = wire_bytes(answer->hello_ack->session);
		g->session_key = wire_bytes(answer->hello_ack->session_key);
	}
	return code;
}

Weir__Usage__V1__Record *
gateway_make_record(struct gateway_client *g)
{
	Weir__Usage__V1__Record *record =
	    arena_alloc(g->arena, sizeof(*record));
	Weir__Usage__V1__Subject *subject =
	    arena_alloc(g->arena, sizeof(*subject));
	Weir__Usage__V1__Tokens *tokens =
	    arena_alloc(g->arena, sizeof(*tokens));
	struct id id = id_make();

	weir__usage__v1__record__init(record);
	weir__usage__v1__subject__init(subject);
	weir__usage__v1__tokens__init(tokens);
	subject->request_id =
	    wire_data(str_copy(g->arena, str_make(id.bytes, sizeof(id.bytes))));
	subject->ts_us = (uint64_t)clock_wall_us();
	subject->tenant_sid = 1;
	subject->key_sid = 3;
	subject->alias = "fast";
	subject->upstream_model = "model-1";
	subject->dialect = "openai-chat";
	tokens->input = 1;
	record->subject = subject;
	record->tokens = tokens;
	record->outcome = WEIR__USAGE__V1__OUTCOME__OUTCOME_OK;
	record->http_status = 200;
	record->cost_nano = 1;
	return record;
}

int
gateway_send_records(struct gateway_client *g, uint64_t first_seq,
    Weir__Usage__V1__Record **records, size_t count, uint64_t *out_acked)
{
	Weir__Link__V1__UsageBatch batch = WEIR__LINK__V1__USAGE_BATCH__INIT;
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;

	batch.boot_id = g->boot_id;
	batch.first_seq = first_seq;
	batch.n_records = count;
	batch.records = records;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_USAGE_BATCH;
	question.usage_batch = &batch;
	const Weir__Link__V1__Answer *answer = gateway_ask(g, &question);
	int code = code_of(answer, WEIR__LINK__V1__ANSWER__BODY_USAGE_ACK);
	if (code == 0)
		*out_acked = answer->usage_ack->acked_seq;
	return code;
}

int
gateway_send_usage(struct gateway_client *g, uint64_t first_seq, size_t count,
    uint64_t *out_acked)
{
	Weir__Usage__V1__Record **records =
	    arena_alloc_array(g->arena, count, sizeof(*records));

	for (size_t i = 0; i < count; i++)
		records[i] = gateway_make_record(g);
	return gateway_send_records(g, first_seq, records, count, out_acked);
}
