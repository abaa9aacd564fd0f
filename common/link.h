/*
 * link.h - NNG sockets between the planes, over mutual TLS.
 *
 * Request and reply carry everything that matters; publish only rings.  All
 * calls block up to their timeout and are made from threads of their own,
 * never from a worker's loop.  Messages past the receive limit are dropped by
 * NNG with their connection.
 */
#pragma once

#include <stddef.h>

#include "common/status.h"
#include "common/str.h"

struct arena;
struct link;

#define LINK_MESSAGE_MAX_BYTES (8u << 20)

struct link_tls { /* PEM files; all three, or ca_file NULL */
	const char *ca_file;
	const char *cert_file;
	const char *key_file;
	const char *server_name; /* dialers: the name in the certificate */
};

/* url: "tls+tcp://127.0.0.1:7601" (or "tcp://…" when tls is NULL). */
enum status link_listen_reply(const char *url, const struct link_tls *,
    size_t receive_max_bytes, struct link **out);
enum status link_listen_publish(
    const char *url, const struct link_tls *, struct link **out);

/* Dials in the background and keeps dialling, 100 ms to 5 s apart. */
enum status link_dial_request(
    const char *url, const struct link_tls *, struct link **out);
enum status link_dial_subscribe(
    const char *url, const struct link_tls *, struct link **out);

/*
 * From now on every call returns E_CANCELLED, those that wait included, and
 * serving threads end.  The link stays valid until link_close().
 */
void link_stop(struct link *);

/*
 * link_stop(), then waits for calls inside the link and for serving threads,
 * and frees it.  A thread that might call again is ended before.
 */
void link_close(struct link *);

/*
 * One question and its answer; the answer lives in the arena.  E_TIMEOUT when
 * none came.  The question may be delivered twice: receivers are idempotent.
 */
enum status link_ask(struct link *, struct arena *, struct str question,
    int timeout_ms, struct str *out_answer);

/*
 * Serves on `threads` threads until link_close().  The handler's answer lives
 * in the arena it is given; an empty answer lets the asker time out.  `slot`
 * is the thread's number, for what each thread keeps for itself.
 */
typedef struct str (*link_answer_fn)(
    void *context, unsigned slot, struct arena *, struct str question);
enum status link_serve(
    struct link *, unsigned threads, link_answer_fn, void *context);

enum status link_publish(struct link *, struct str message);

/* E_TIMEOUT when nothing came, E_CANCELLED once the link is closed. */
enum status link_receive(
    struct link *, struct arena *, int timeout_ms, struct str *out_message);
