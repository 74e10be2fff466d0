/* The PIN's try counter, which SoftHSM2 has not: one file per card, shared by all processes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shim.h"

/* The open and locked file of a card; -1 without one. */
static int lock_tries(const struct card *card, int kind)
{
    char path[MAX_PATH];
    if (!folder_path(path, "tries-", card->name))
        return -1;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0 && flock(file, kind) != 0) {
        close(file);
        return -1;
    }
    return file;
}

static unsigned long read_tries(int file, const struct card *card)
{
    char text[8] = "";
    return pread(file, text, sizeof text - 1, 0) > 0 ? strtoul(text, NULL, 10) : card->tries;
}

static bool write_tries(int file, unsigned long tries)
{
    char text[8];
    int size = snprintf(text, sizeof text, "%-3lu\n", tries % 100);  /* always as long: no moment with half of it */
    return pwrite(file, text, (size_t)size, 0) == size;
}

unsigned long tries_left(const struct card *card)
{
    int file = lock_tries(card, LOCK_SH);
    unsigned long tries = file >= 0 ? read_tries(file, card) : 0;
    close(file);
    return tries;
}

static CK_RV wrong_pin(const struct control *control, const struct card *card, unsigned long left)
{
    if (left == 0)
        return card->last_code;
    switch (control->pin_codes) {
    case CODES_VENDOR: return (CK_RV)(0x80000000ULL + left);
    case CODES_EXTENDED: return (CK_RV)(0xFFFFFFFF80000000ULL + left);
    case CODES_WIDE: return (CK_RV)(0x8000000000000000ULL + left);
    case CODES_PLAIN: break;
    }
    return CKR_PIN_INCORRECT;
}

/* As on a card: the try is taken off before the PIN is compared, and given back when it was right. */
static CK_RV verify(const struct control *control, const struct card *card, CK_SESSION_HANDLE session, int file,
                    unsigned char *pin, CK_ULONG length)
{
    unsigned long tries = read_tries(file, card);
    if (tries == 0)
        return CKR_PIN_LOCKED;
    if (!write_tries(file, tries - 1))
        return CKR_DEVICE_ERROR;
    CK_RV code = soft->C_Login(session, CKU_USER, pin, length);
    if (code == CKR_PIN_INCORRECT)
        return wrong_pin(control, card, tries - 1);
    return write_tries(file, code == CKR_OK ? card->tries : tries) ? code : CKR_DEVICE_ERROR;
}

/* What the person at the reader does; the control file is read until it says so. */
static CK_RV ask_pinpad(struct step *step, CK_SESSION_HANDLE session)
{
    CK_RV code = CKR_OK;
    while (step->control.pinpad == PINPAD_WAIT && code == CKR_OK) {
        doze();
        reload(step);
        code = check_session(&step->control, session);
    }
    if (code != CKR_OK)
        return code;
    switch (step->control.pinpad) {
    case PINPAD_ENTER: return CKR_OK;
    case PINPAD_REFUSE: return step->control.pinpad_code;
    case PINPAD_NONE: case PINPAD_WAIT: break;
    }
    return CKR_ARGUMENTS_BAD;
}

CK_RV login(struct step *step, CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG length)
{
    CK_RV code = check_session(&step->control, session);
    if (code == CKR_OK && user != CKU_USER)
        code = CKR_USER_TYPE_INVALID;
    if (code == CKR_OK && pin == NULL) {
        code = ask_pinpad(step, session);
        pin = step->control.pinpad_pin.bytes;
        length = step->control.pinpad_pin.length;
    }
    if (code != CKR_OK)
        return code;
    if (length < step->control.pin_min || length > step->control.pin_max)
        return CKR_PIN_LEN_RANGE;
    const struct card *card = card_named(session_card(session));
    int file = card != NULL ? lock_tries(card, LOCK_EX) : -1;
    if (file < 0)
        return CKR_DEVICE_ERROR;
    code = verify(&step->control, card, session, file, pin, length);
    close(file);
    return code;
}
