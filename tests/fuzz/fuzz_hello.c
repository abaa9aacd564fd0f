/*
 * fuzz_hello.c - whatever a control plane answers, the gateway asks again.
 *
 * A server on the loopback interface gives the input as its answer to every
 * question; the session must not begin and nothing may break.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/link.h"
#include "common/log.h"
#include "dataplane/control/control.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/weir-fuzz-XXXXXX";
static struct control *control;
static struct str given;

static struct str
answer(void *context, unsigned slot, struct arena *arena, struct str question)
{
	return given.len > 0 ? given : STR("\0");
}

static void
choose_url(char out[64])
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	close(fd);
	snprintf(out, 64, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char url[64], bell_url[64];
	struct control_config config = {
		.state_directory = directory,
		.link_url = url,
		.bell_url = bell_url,
		.enrolment_token = "weir_en_fuzz",
		.name = "fuzz",
		.region = "",
	};
	struct link *link;

	log_init("fuzz_hello", LOG_ERROR);
	choose_url(url);
	choose_url(bell_url);
	if (mkdtemp(directory) == NULL ||
	    link_listen_reply(url, NULL, LINK_MESSAGE_MAX_BYTES, &link) != OK ||
	    link_serve(link, 1, answer, NULL) != OK ||
	    control_open(&config, &control) != OK)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_health health = { 0 };
	struct control_head head;
	struct arena arena;
	struct str chunk;
	uint64_t rev;

	given = str_make(data, size);
	arena_init(&arena, 0);
	(void)!control_beat(control, &health, &rev);
	(void)!control_get_head(control, &arena, 0, &head);
	(void)!control_get_chunk(control, &arena, 1, 0, &chunk);
	arena_done(&arena);
	return 0;
}
