/*
 * weir-simulator: answers like the providers do, and misbehaves on request.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/settings.h"
#include "simulator/worker.h"

enum {
	WORKERS_MAX = 64,
};

#define FIELD(name) offsetof(struct simulator_settings, name)

static const struct setting table[] = {
	{ "listen", SETTING_TEXT, FIELD(listen), "127.0.0.1:7700",
	    .help = "IPv4 address and port to listen on" },
	{ "workers", SETTING_INT, FIELD(workers), "1", 1, WORKERS_MAX,
	    "threads, each with its own listener" },
	{ "seed", SETTING_INT, FIELD(seed), "1", 0, INT64_MAX,
	    "what the made-up texts and ids follow from" },
	{ "latency-ms", SETTING_INT, FIELD(latency_ms), "0", 0, 3600000,
	    "milliseconds before an answer begins" },
	{ "ttft-ms", SETTING_INT, FIELD(ttft_ms), "0", 0, 3600000,
	    "milliseconds between a stream's head and its first token" },
	{ "token-rate", SETTING_INT, FIELD(token_rate), "0", 0, 10000000,
	    "tokens a second in streams, 0: at once" },
	{ "chunk-bytes", SETTING_INT, FIELD(chunk_bytes), "4", 1, 1048576,
	    "bytes of text in one piece of a stream (4 are a token)" },
	{ "answer-tokens", SETTING_INT, FIELD(answer_tokens), "48", 0, 1000000,
	    "tokens of an answer that nothing else decides" },
	{ "kept-requests", SETTING_INT, FIELD(kept_requests), "256", 0, 100000,
	    "requests kept for /_sim/stats" },
	{ "body-max-bytes", SETTING_INT, FIELD(body_max_bytes), "67108864",
	    1024, 268435456, "largest request body in bytes" },
};

static int
show_help(void)
{
	CLEANUP(buf_done) struct buf text;

	buf_init(&text, 64 * 1024);
	settings_help(table, ARRAY_LEN(table), &text);
	printf("usage: weir-simulator [--setting value]…\n%.*s",
	    STR_ARGS(buf_str(&text)));
	return EXIT_SUCCESS;
}

static enum status
load(int argc, char **argv, struct simulator_settings *settings)
{
	CLEANUP(buf_done) struct buf fault;
	enum status s;

	buf_init(&fault, 4096);
	s = settings_load(
	    table, ARRAY_LEN(table), &argc, argv, settings, &fault);
	if (s != OK)
		fprintf(stderr, "weir-simulator: %.*s\n",
		    STR_ARGS(buf_str(&fault)));
	return s;
}

static enum status
open_workers(struct simulator *sim, struct worker *workers, size_t *out_count)
{
	const struct simulator_settings *settings = &sim->settings;
	enum status s = OK;

	*out_count = 0;
	while (s == OK && *out_count < (size_t)settings->workers) {
		uint64_t seed =
		    (uint64_t)settings->seed ^ (uint64_t)*out_count << 56;
		s = worker_open(
		    &workers[*out_count], sim, settings->listen, seed);
		if (s == OK)
			(*out_count)++;
	}
	return s;
}

static enum status
serve(struct simulator *sim, struct worker *workers)
{
	size_t opened;
	size_t started = 0;
	enum status s = open_workers(sim, workers, &opened);

	while (s == OK && started < opened) {
		s = worker_start(&workers[started]);
		if (s == OK)
			started++;
	}
	if (s == OK) {
		log_info("listening", log_cstr("address", sim->settings.listen),
		    log_int("workers", (int64_t)opened));
		(void)daemon_wait_signal();
	} else {
		log_error("cannot_listen",
		    log_cstr("address", sim->settings.listen), log_status(s));
	}
	for (size_t i = 0; i < started; i++)
		worker_stop(&workers[i]);
	for (size_t i = 0; i < opened; i++)
		worker_close(&workers[i]);
	return s;
}

int
main(int argc, char **argv)
{
	static struct simulator sim;
	static struct worker workers[WORKERS_MAX];
	enum status s;

	if (argc > 1 && str_eq(str_from(argv[1]), STR("--help")))
		return show_help();
	if (load(argc, argv, &sim.settings) != OK)
		return EXIT_FAILURE;
	log_init("weir-simulator", LOG_INFO);
	daemon_init();
	rules_init(&sim.rules);
	sim.records = records_new((size_t)sim.settings.kept_requests);
	s = serve(&sim, workers);
	records_free(sim.records);
	rules_done(&sim.rules);
	return s == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
