/* link_test.c - questions, answers and rings over real loopback sockets. */
#include "common/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/clock.h"
#include "tests/unit/common/certificates.h"

#define RECEIVE_MAX_BYTES (64u << 10)

/* Long enough for a machine under load; what must fail fails sooner. */
#define PATIENCE_MS 20000
#define REFUSED_MS 700

/*
 * NNG 1.5.2 forgets an endpoint that is closed during a handshake, which the
 * churn below provokes: no leak of ours.
 */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libnng.so\n";
}

static struct arena arena;
static char url[64];
static char tls_url[64];

/* Files of the CA, a stranger's CA, and who is certified by which. */
static char directory[] = "/tmp/weir-link-test-XXXXXX";
static struct link_tls server_tls;
static struct link_tls client_tls;
static struct link_tls stranger_tls;
static struct link_tls gullible_tls; /* a stranger who trusts us */

/* A port that nobody listens on right now. */
static int
free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static int
setup(void **state)
{
	int port = free_port();

	arena_init(&arena, 0);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", port);
	snprintf(tls_url, sizeof(tls_url), "tls+tcp://127.0.0.1:%d", port);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static struct str
echo(void *context, unsigned slot, struct arena *scratch, struct str question)
{
	_Atomic int *asked = context;

	atomic_fetch_add(asked, 1);
	return str_printf(scratch, "%.*s!", STR_ARGS(question));
}

static struct link *
serve(const char *at, const struct link_tls *tls, link_answer_fn answer,
    void *context)
{
	struct link *link;

	assert_int_equal(
	    link_listen_reply(at, tls, RECEIVE_MAX_BYTES, &link), OK);
	assert_int_equal(link_serve(link, 3, answer, context), OK);
	return link;
}

static struct link *
dial(const char *at, const struct link_tls *tls)
{
	struct link *link;

	assert_int_equal(link_dial_request(at, tls, &link), OK);
	return link;
}

static void
assert_answered(struct link *link)
{
	struct str answer;

	assert_int_equal(
	    link_ask(link, &arena, STR("ping"), PATIENCE_MS, &answer), OK);
	assert_true(str_eq(answer, STR("ping!")));
}

static void
assert_unanswered(struct link *link, struct str question, int timeout_ms)
{
	struct str answer = STR("untouched");

	assert_int_equal(
	    link_ask(link, &arena, question, timeout_ms, &answer), E_TIMEOUT);
	assert_true(str_eq(answer, STR("untouched")));
}

static void
test_question_and_answer(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(url, NULL, echo, &asked);
	struct link *client = dial(url, NULL);
	struct str answer;

	assert_answered(client);
	assert_int_equal(
	    link_ask(client, &arena, STR(""), PATIENCE_MS, &answer), OK);
	assert_true(str_eq(answer, STR("!")));
	assert_int_equal(asked, 2);
	link_close(client);
	link_close(server);
	link_close(NULL);
}

struct asker {
	pthread_t thread;
	struct link *link;
	unsigned number;
	unsigned right;
};

static void *
ask_many(void *arg)
{
	CLEANUP(arena_done) struct arena own;
	struct asker *asker = arg;

	arena_init(&own, 0);
	for (int i = 0; i < 100; i++) {
		struct str question =
		    str_printf(&own, "%u-%d", asker->number, i);
		struct str expected =
		    str_printf(&own, "%u-%d!", asker->number, i);
		struct str answer;

		if (link_ask(asker->link, &own, question, PATIENCE_MS,
			&answer) == OK &&
		    str_eq(answer, expected))
			asker->right++;
	}
	return NULL;
}

static void
test_many_askers_get_their_own_answers(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(url, NULL, echo, &asked);
	struct link *client = dial(url, NULL);
	struct asker askers[8] = { 0 };

	for (unsigned i = 0; i < ARRAY_LEN(askers); i++) {
		askers[i].link = client;
		askers[i].number = i;
		pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]);
	}
	for (unsigned i = 0; i < ARRAY_LEN(askers); i++) {
		pthread_join(askers[i].thread, NULL);
		assert_int_equal(askers[i].right, 100);
	}
	link_close(client);
	link_close(server);
}

static struct str
forget_first(
    void *context, unsigned slot, struct arena *scratch, struct str question)
{
	_Atomic int *asked = context;

	if (atomic_fetch_add(asked, 1) == 0)
		return STR("");
	return STR("ping!");
}

static void
test_question_is_asked_again(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(url, NULL, forget_first, &asked);
	struct link *client = dial(url, NULL);

	assert_answered(client);
	assert_int_equal(asked, 2);
	link_close(client);
	link_close(server);
}

static void
test_nobody_there(void **state)
{
	struct link *client = dial(url, NULL);
	int64_t start_ns = clock_mono_ns();

	assert_unanswered(client, STR("ping"), 200);
	assert_true(clock_mono_ns() - start_ns >= 190 * NS_PER_MS);
	assert_true(clock_mono_ns() - start_ns < 5 * NS_PER_S);
	link_close(client);
}

static void
test_restart_of_the_server_is_survived(void **state)
{
	_Atomic int asked = 0;
	struct link *client = dial(url, NULL);

	for (int i = 0; i < 3; i++) {
		struct link *server = serve(url, NULL, echo, &asked);

		assert_answered(client);
		link_close(server);
		assert_unanswered(client, STR("ping"), 100);
	}
	link_close(client);
}

static void
test_sizes_have_a_bound(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(url, NULL, echo, &asked);
	struct link *client = dial(url, NULL);
	size_t size = RECEIVE_MAX_BYTES + 1;
	char *bytes = arena_alloc(&arena, LINK_MESSAGE_MAX_BYTES + 1);
	struct str answer;

	memset(bytes, 'x', size);
	assert_unanswered(client, str_make(bytes, size), 300);
	assert_int_equal(asked, 0);
	assert_answered(client);
	assert_int_equal(
	    link_ask(client, &arena, str_make(bytes, RECEIVE_MAX_BYTES - 100),
		PATIENCE_MS, &answer),
	    OK);
	assert_int_equal(answer.len, RECEIVE_MAX_BYTES - 99);
	assert_int_equal(
	    link_ask(client, &arena,
		str_make(bytes, LINK_MESSAGE_MAX_BYTES + 1), 100, &answer),
	    E_TOO_LARGE);
	link_close(client);
	link_close(server);
}

static struct str
answer_largest(
    void *context, unsigned slot, struct arena *scratch, struct str question)
{
	size_t size = LINK_MESSAGE_MAX_BYTES - 64;

	return str_make(arena_alloc(scratch, size), size);
}

static void
test_large_answer(void **state)
{
	struct link *server = serve(url, NULL, answer_largest, NULL);
	struct link *client = dial(url, NULL);
	struct str answer;

	assert_int_equal(
	    link_ask(client, &arena, STR("all"), PATIENCE_MS, &answer), OK);
	assert_int_equal(answer.len, LINK_MESSAGE_MAX_BYTES - 64);
	link_close(client);
	link_close(server);
}

static void
test_ring(void **state)
{
	struct link *publisher;
	struct link *subscriber;
	struct str message = STR("untouched");

	assert_int_equal(link_listen_publish(url, NULL, &publisher), OK);
	assert_int_equal(link_dial_subscribe(url, NULL, &subscriber), OK);
	assert_int_equal(
	    link_receive(subscriber, &arena, 20, &message), E_TIMEOUT);
	assert_true(str_eq(message, STR("untouched")));
	/* A ring before the connection stands is lost, as it may be. */
	do {
		assert_int_equal(link_publish(publisher, STR("7")), OK);
	} while (link_receive(subscriber, &arena, 50, &message) == E_TIMEOUT);
	assert_true(str_eq(message, STR("7")));
	link_close(subscriber);
	link_close(publisher);
}

struct waiter {
	struct link *link;
	_Atomic bool is_waiting;
	enum status result;
};

static void *
wait_for_ring(void *arg)
{
	CLEANUP(arena_done) struct arena own;
	struct waiter *waiter = arg;
	struct str message;

	arena_init(&own, 0);
	waiter->is_waiting = true;
	waiter->result =
	    link_receive(waiter->link, &own, PATIENCE_MS, &message);
	return NULL;
}

static void *
wait_for_answer(void *arg)
{
	CLEANUP(arena_done) struct arena own;
	struct waiter *waiter = arg;
	struct str answer;

	arena_init(&own, 0);
	waiter->is_waiting = true;
	waiter->result =
	    link_ask(waiter->link, &own, STR("ping"), PATIENCE_MS, &answer);
	return NULL;
}

static void
assert_close_ends(struct link *link, void *(*wait)(void *))
{
	struct waiter waiter = { .link = link };
	int64_t start_ns = clock_mono_ns();
	pthread_t thread;

	pthread_create(&thread, NULL, wait, &waiter);
	while (!waiter.is_waiting)
		usleep(1000);
	usleep(20000);
	link_close(link);
	pthread_join(thread, NULL);
	assert_int_equal(waiter.result, E_CANCELLED);
	assert_true(clock_mono_ns() - start_ns < 10 * NS_PER_S);
}

static void
test_close_ends_what_waits(void **state)
{
	struct link *link;

	assert_int_equal(link_dial_subscribe(url, NULL, &link), OK);
	assert_close_ends(link, wait_for_ring);
	assert_close_ends(dial(url, NULL), wait_for_answer);
}

static void
test_stopped_link_refuses(void **state)
{
	struct link *link = dial(url, NULL);
	struct str answer;

	link_stop(link);
	link_stop(link);
	assert_int_equal(
	    link_ask(link, &arena, STR("x"), 1000, &answer), E_CANCELLED);
	assert_int_equal(
	    link_receive(link, &arena, 1000, &answer), E_CANCELLED);
	link_close(link);
	assert_int_equal(link_listen_publish(url, NULL, &link), OK);
	link_stop(link);
	assert_int_equal(link_publish(link, STR("x")), E_CANCELLED);
	link_close(link);
}

/* Both ends come and go while questions are on their way. */
static void
test_churn(void **state)
{
	_Atomic int asked = 0;

	for (int i = 0; i < 20; i++) {
		struct link *server = serve(url, NULL, echo, &asked);
		struct link *client = dial(url, NULL);
		struct waiter waiter = { .link = client };
		pthread_t thread;

		pthread_create(&thread, NULL, wait_for_answer, &waiter);
		while (!waiter.is_waiting)
			usleep(100);
		usleep((useconds_t)(i % 7) * 500);
		if (i % 2 == 0)
			link_close(server);
		link_close(client);
		if (i % 2 != 0)
			link_close(server);
		pthread_join(thread, NULL);
		assert_true(
		    waiter.result == OK || waiter.result == E_CANCELLED);
	}
}

static void
test_bad_addresses(void **state)
{
	struct link *link = NULL;
	struct link *other;

	assert_int_equal(
	    link_listen_reply("nonsense", NULL, 1, &link), E_INVALID);
	assert_int_equal(
	    link_dial_request("http://127.0.0.1", NULL, &link), E_INVALID);
	assert_int_equal(link_listen_reply(url, NULL, 1, &other), OK);
	assert_int_equal(link_listen_reply(url, NULL, 1, &link), E_CONFLICT);
	link_close(other);
	/* Protection is what the URL says and what the files allow. */
	assert_int_equal(link_listen_reply(tls_url, NULL, 1, &link), E_INVALID);
	assert_int_equal(
	    link_listen_reply(url, &server_tls, 1, &link), E_INVALID);
	assert_int_equal(link_dial_request(tls_url, NULL, &link), E_INVALID);
	assert_null(link);
}

static void
test_mutual_tls(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(tls_url, &server_tls, echo, &asked);
	struct link *client = dial(tls_url, &client_tls);

	assert_answered(client);
	link_close(server);
	assert_unanswered(client, STR("ping"), 100);
	server = serve(tls_url, &server_tls, echo, &asked);
	assert_answered(client);
	link_close(client);
	link_close(server);
}

/* None of these gets a word in; a good client is served beside them. */
static void
assert_server_refuses(const char *at, const struct link_tls *tls)
{
	_Atomic int asked = 0;
	struct link *server = serve(tls_url, &server_tls, echo, &asked);
	struct link *bad = dial(at, tls);
	struct link *good = dial(tls_url, &client_tls);

	assert_unanswered(bad, STR("ping"), REFUSED_MS);
	assert_int_equal(asked, 0);
	assert_answered(good);
	link_close(good);
	link_close(bad);
	link_close(server);
}

static void
test_foreign_ca_is_refused(void **state)
{
	assert_server_refuses(tls_url, &stranger_tls);
	assert_server_refuses(tls_url, &gullible_tls);
}

/* Our own client always shows a certificate, so this one is NNG's. */
static void
test_client_without_certificate_is_refused(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(tls_url, &server_tls, echo, &asked);
	nng_tls_config *config;
	nng_dialer dialer;
	nng_socket client;
	char answer[16];
	size_t len = sizeof(answer);

	assert_int_equal(nng_tls_config_alloc(&config, NNG_TLS_MODE_CLIENT), 0);
	nng_tls_config_ca_file(config, client_tls.ca_file);
	nng_tls_config_server_name(config, client_tls.server_name);
	assert_int_equal(nng_req0_open(&client), 0);
	assert_int_equal(nng_dialer_create(&dialer, client, tls_url), 0);
	nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config);
	nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
	nng_socket_set_ms(client, NNG_OPT_SENDTIMEO, REFUSED_MS);
	nng_socket_set_ms(client, NNG_OPT_RECVTIMEO, REFUSED_MS);
	(void)nng_send(client, (void *)"ping", 4, 0);
	assert_int_not_equal(nng_recv(client, answer, &len, 0), 0);
	assert_int_equal(asked, 0);
	nng_close(client);
	nng_tls_config_free(config);
	link_close(server);
}

static void
test_plain_text_is_refused(void **state)
{
	assert_server_refuses(url, NULL);
}

static void
test_wrong_name_is_refused(void **state)
{
	struct link_tls tls = client_tls;

	tls.server_name = "somebody-else";
	assert_server_refuses(tls_url, &tls);
}

static void
test_client_refuses_a_foreign_server(void **state)
{
	_Atomic int asked = 0;
	struct link *server = serve(tls_url, &stranger_tls, echo, &asked);
	struct link *client = dial(tls_url, &client_tls);

	assert_unanswered(client, STR("ping"), REFUSED_MS);
	assert_int_equal(asked, 0);
	link_close(client);
	link_close(server);
}

static void
test_files_are_checked(void **state)
{
	struct link_tls tls = client_tls;
	struct link *link;

	tls.cert_file = "/nonexistent";
	assert_int_equal(link_dial_request(tls_url, &tls, &link), E_NOT_FOUND);
	tls = client_tls;
	tls.ca_file = "/nonexistent";
	assert_int_equal(link_dial_request(tls_url, &tls, &link), E_NOT_FOUND);
	tls = client_tls;
	tls.cert_file = client_tls.key_file;
	assert_int_equal(link_dial_request(tls_url, &tls, &link), E_INVALID);
	tls = client_tls;
	assert_int_equal(chmod(tls.key_file, 0644), 0);
	assert_int_equal(link_dial_request(tls_url, &tls, &link), E_FORBIDDEN);
	assert_int_equal(chmod(tls.key_file, 0600), 0);
}

static struct arena paths;

static const char *
path_of(const char *name, const char *ending)
{
	return str_cstr(
	    &paths, str_printf(&paths, "%s/%s%s", directory, name, ending));
}

/* Certifies "control" in these files, trusting the CA of others. */
static struct link_tls
save(const char *file, const char *ca, const struct certificate *issuer)
{
	struct certificate *own = certificate_new("control", issuer);
	struct link_tls tls = {
		.ca_file = path_of(ca, ".pem"),
		.cert_file = path_of(file, ".pem"),
		.key_file = path_of(file, ".key"),
		.server_name = "control",
	};

	certificate_save(own, tls.cert_file, tls.key_file);
	certificate_free(own);
	return tls;
}

static int
group_setup(void **state)
{
	struct certificate *ca = certificate_new("Weir test CA", NULL);
	struct certificate *foreign = certificate_new("Another CA", NULL);

	arena_init(&paths, 0);
	assert_non_null(mkdtemp(directory));
	certificate_save(ca, path_of("ca", ".pem"), path_of("ca", ".key"));
	certificate_save(
	    foreign, path_of("foreign", ".pem"), path_of("foreign", ".key"));
	server_tls = save("server", "ca", ca);
	client_tls = save("client", "ca", ca);
	stranger_tls = save("stranger", "foreign", foreign);
	gullible_tls = save("gullible", "ca", foreign);
	certificate_free(ca);
	certificate_free(foreign);
	return 0;
}

static int
group_teardown(void **state)
{
	static const char *const names[] = {
		"ca",
		"foreign",
		"server",
		"client",
		"stranger",
		"gullible",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		unlink(path_of(names[i], ".pem"));
		unlink(path_of(names[i], ".key"));
	}
	arena_done(&paths);
	return rmdir(directory);
}

#define WITH_PORT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PORT(test_question_and_answer),
		WITH_PORT(test_many_askers_get_their_own_answers),
		WITH_PORT(test_question_is_asked_again),
		WITH_PORT(test_nobody_there),
		WITH_PORT(test_restart_of_the_server_is_survived),
		WITH_PORT(test_sizes_have_a_bound),
		WITH_PORT(test_large_answer),
		WITH_PORT(test_ring),
		WITH_PORT(test_close_ends_what_waits),
		WITH_PORT(test_stopped_link_refuses),
		WITH_PORT(test_churn),
		WITH_PORT(test_bad_addresses),
		WITH_PORT(test_mutual_tls),
		WITH_PORT(test_foreign_ca_is_refused),
		WITH_PORT(test_client_without_certificate_is_refused),
		WITH_PORT(test_plain_text_is_refused),
		WITH_PORT(test_wrong_name_is_refused),
		WITH_PORT(test_client_refuses_a_foreign_server),
		WITH_PORT(test_files_are_checked),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
