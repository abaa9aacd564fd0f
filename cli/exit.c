/* exit.c - see exit.h. */
#include "cli/exit.h"

enum exit_code
exit_of_http(long status)
{
	switch (status) {
	case 401:
	case 403:
		return EXIT_DENIED;
	case 404:
	case 410:
		return EXIT_NOT_FOUND;
	case 409:
	case 412:
	case 428:
		return EXIT_CONFLICT;
	case 429:
	case 502:
	case 503:
	case 504:
		return EXIT_UNAVAILABLE;
	default:
		return status >= 200 && status < 300 ? EXIT_OK : EXIT_ERROR;
	}
}
