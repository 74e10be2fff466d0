/* The functions of the module: each passes the faults first, then HiCOS's habits, then SoftHSM2. */
#include "shim.h"

/* A call whose work is `body`, done unless a fault or a missing C_Initialize ends it. */
#define CALL(name, parameters, body) \
    CK_RV name parameters \
    { \
        struct step step; \
        CK_RV code = enter(&step, CALL_##name); \
        if (code == CKR_OK) \
            code = (body); \
        leave(); \
        return code; \
    }
/* A call of SoftHSM2 in a session whose card is still there. */
#define PASS(name, parameters, arguments) \
    CALL(name, parameters, (code = check_session(&step.control, session)) == CKR_OK ? soft->name arguments : code)
/* What changes cards, and what the real driver has not: nobody here may need it. */
#define REFUSE(name, parameters) CALL(name, parameters, CKR_FUNCTION_NOT_SUPPORTED)

typedef CK_SESSION_HANDLE Session;
typedef CK_OBJECT_HANDLE Object;
typedef CK_ATTRIBUTE *Attributes;
typedef unsigned char *Bytes;
typedef CK_ULONG *Length;

static const CK_FUNCTION_LIST functions;

static CK_RV function_list(CK_FUNCTION_LIST **list)
{
    if (list == NULL)
        return CKR_ARGUMENTS_BAD;
    *list = (CK_FUNCTION_LIST *)&functions;
    return CKR_OK;
}

static CK_RV find(struct step *step, Session session, Object *objects, CK_ULONG most, Length count)
{
    CK_RV code = check_session(&step->control, session);
    if (code == CKR_OK)
        code = soft->C_FindObjects(session, objects, most, count);
    if (code == CKR_OK && step->garbage)
        *count = step->garbage_number;
    return code;
}

static CK_RV attributes(struct step *step, Session session, Object object, Attributes list, CK_ULONG count)
{
    CK_RV code = check_session(&step->control, session);
    if (code == CKR_OK)
        code = soft->C_GetAttributeValue(session, object, list, count);
    for (CK_ULONG i = 0; step->garbage && code == CKR_OK && i < count; i++)
        list[i].ulValueLen = step->garbage_number;
    return code;
}

static CK_RV sign_init(struct step *step, Session session, CK_MECHANISM *mechanism, Object key)
{
    CK_RV code = check_session(&step->control, session);
    if (code == CKR_OK && step->other_key)
        code = other_key(session, &key);
    return code == CKR_OK ? soft->C_SignInit(session, mechanism, key) : code;
}

/* HiCOS cannot be asked for the length of a signature or of what was encrypted; the operation stays active, as with any buffer too small. */
static CK_RV before_signature(struct step *step, Session session, Bytes signature)
{
    CK_RV code = check_session(&step->control, session);
    if (code == CKR_OK && signature == NULL && !step->control.length_query)
        return CKR_BUFFER_TOO_SMALL;
    return code;
}

static CK_RV after_signature(const struct step *step, CK_RV code, Length length)
{
    if (code == CKR_OK && step->garbage)
        *length = step->garbage_number;
    return code;
}

static CK_RV sign(struct step *step, Session session, Bytes data, CK_ULONG size, Bytes signature, Length length)
{
    CK_RV code = before_signature(step, session, signature);
    if (code == CKR_OK)
        code = soft->C_Sign(session, data, size, signature, length);
    return after_signature(step, code, length);
}

static CK_RV decrypt(struct step *step, Session session, Bytes data, CK_ULONG size, Bytes plain, Length length)
{
    CK_RV code = before_signature(step, session, plain);
    if (code == CKR_OK)
        code = soft->C_Decrypt(session, data, size, plain, length);
    return after_signature(step, code, length);
}

static CK_RV sign_final(struct step *step, Session session, Bytes signature, Length length)
{
    CK_RV code = before_signature(step, session, signature);
    if (code == CKR_OK)
        code = soft->C_SignFinal(session, signature, length);
    return after_signature(step, code, length);
}

CALL(C_Initialize, (void *arguments), load_softhsm(arguments))
CALL(C_Finalize, (void *reserved), unload_softhsm(reserved))
CALL(C_GetInfo, (CK_INFO * info), library_info(info))
CALL(C_GetFunctionList, (CK_FUNCTION_LIST * *list), function_list(list))
CALL(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, Length count), slot_list(&step, present, list, count))
CALL(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), slot_info(&step, slot, info))
CALL(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), token_info(&step, slot, info))
CALL(C_GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, Length count),
     mechanism_list(&step, slot, list, count))
CALL(C_GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info),
     mechanism_info(&step, slot, type, info))
REFUSE(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved))
REFUSE(C_InitToken, (CK_SLOT_ID slot, Bytes pin, CK_ULONG length, Bytes label))
REFUSE(C_InitPIN, (Session session, Bytes pin, CK_ULONG length))
REFUSE(C_SetPIN, (Session session, Bytes old, CK_ULONG old_length, Bytes new, CK_ULONG new_length))

CALL(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, Session *session),
     open_session(&step, slot, flags, session))
CALL(C_CloseSession, (Session session), close_session(&step, session))
CALL(C_CloseAllSessions, (CK_SLOT_ID slot), close_sessions(&step, slot))
CALL(C_GetSessionInfo, (Session session, CK_SESSION_INFO *info), session_info(&step, session, info))
REFUSE(C_GetOperationState, (Session session, Bytes state, Length length))
REFUSE(C_SetOperationState, (Session session, Bytes state, CK_ULONG length, Object encryption, Object authentication))
CALL(C_Login, (Session session, CK_USER_TYPE user, Bytes pin, CK_ULONG length),
     login(&step, session, user, pin, length))
PASS(C_Logout, (Session session), (session))

REFUSE(C_CreateObject, (Session session, Attributes list, CK_ULONG count, Object *object))
REFUSE(C_CopyObject, (Session session, Object object, Attributes list, CK_ULONG count, Object *copy))
REFUSE(C_DestroyObject, (Session session, Object object))
PASS(C_GetObjectSize, (Session session, Object object, Length size), (session, object, size))
CALL(C_GetAttributeValue, (Session session, Object object, Attributes list, CK_ULONG count),
     attributes(&step, session, object, list, count))
REFUSE(C_SetAttributeValue, (Session session, Object object, Attributes list, CK_ULONG count))
PASS(C_FindObjectsInit, (Session session, Attributes list, CK_ULONG count), (session, list, count))
CALL(C_FindObjects, (Session session, Object *objects, CK_ULONG most, Length count),
     find(&step, session, objects, most, count))
PASS(C_FindObjectsFinal, (Session session), (session))

PASS(C_EncryptInit, (Session session, CK_MECHANISM *mechanism, Object key), (session, mechanism, key))
PASS(C_Encrypt, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     (session, data, size, out, length))
PASS(C_EncryptUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     (session, data, size, out, length))
PASS(C_EncryptFinal, (Session session, Bytes out, Length length), (session, out, length))
PASS(C_DecryptInit, (Session session, CK_MECHANISM *mechanism, Object key), (session, mechanism, key))
CALL(C_Decrypt, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     decrypt(&step, session, data, size, out, length))
PASS(C_DecryptUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     (session, data, size, out, length))
PASS(C_DecryptFinal, (Session session, Bytes out, Length length), (session, out, length))

PASS(C_DigestInit, (Session session, CK_MECHANISM *mechanism), (session, mechanism))
PASS(C_Digest, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     (session, data, size, out, length))
PASS(C_DigestUpdate, (Session session, Bytes data, CK_ULONG size), (session, data, size))
REFUSE(C_DigestKey, (Session session, Object key))
PASS(C_DigestFinal, (Session session, Bytes out, Length length), (session, out, length))

CALL(C_SignInit, (Session session, CK_MECHANISM *mechanism, Object key), sign_init(&step, session, mechanism, key))
CALL(C_Sign, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length),
     sign(&step, session, data, size, out, length))
PASS(C_SignUpdate, (Session session, Bytes data, CK_ULONG size), (session, data, size))
CALL(C_SignFinal, (Session session, Bytes out, Length length), sign_final(&step, session, out, length))
REFUSE(C_SignRecoverInit, (Session session, CK_MECHANISM *mechanism, Object key))
REFUSE(C_SignRecover, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length))
PASS(C_VerifyInit, (Session session, CK_MECHANISM *mechanism, Object key), (session, mechanism, key))
PASS(C_Verify, (Session session, Bytes data, CK_ULONG size, Bytes signature, CK_ULONG length),
     (session, data, size, signature, length))
PASS(C_VerifyUpdate, (Session session, Bytes data, CK_ULONG size), (session, data, size))
PASS(C_VerifyFinal, (Session session, Bytes signature, CK_ULONG length), (session, signature, length))
REFUSE(C_VerifyRecoverInit, (Session session, CK_MECHANISM *mechanism, Object key))
REFUSE(C_VerifyRecover, (Session session, Bytes signature, CK_ULONG size, Bytes out, Length length))

REFUSE(C_DigestEncryptUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length))
REFUSE(C_DecryptDigestUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length))
REFUSE(C_SignEncryptUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length))
REFUSE(C_DecryptVerifyUpdate, (Session session, Bytes data, CK_ULONG size, Bytes out, Length length))
REFUSE(C_GenerateKey, (Session session, CK_MECHANISM *mechanism, Attributes list, CK_ULONG count, Object *key))
REFUSE(C_GenerateKeyPair, (Session session, CK_MECHANISM *mechanism, Attributes public, CK_ULONG public_count,
                           Attributes private, CK_ULONG private_count, Object *public_key, Object *private_key))
REFUSE(C_WrapKey, (Session session, CK_MECHANISM *mechanism, Object wrapping, Object key, Bytes out, Length length))
REFUSE(C_UnwrapKey, (Session session, CK_MECHANISM *mechanism, Object wrapping, Bytes data, CK_ULONG size,
                     Attributes list, CK_ULONG count, Object *key))
REFUSE(C_DeriveKey, (Session session, CK_MECHANISM *mechanism, Object base, Attributes list, CK_ULONG count,
                     Object *key))
CALL(C_SeedRandom, (Session session, Bytes seed, CK_ULONG size), CKR_RANDOM_SEED_NOT_SUPPORTED)
PASS(C_GenerateRandom, (Session session, Bytes out, CK_ULONG size), (session, out, size))
CALL(C_GetFunctionStatus, (Session session), CKR_FUNCTION_NOT_PARALLEL)
CALL(C_CancelFunction, (Session session), CKR_FUNCTION_NOT_PARALLEL)

#define ENTRY(name) .name = name,
static const CK_FUNCTION_LIST functions = {.version = {2, 20}, CALLS(ENTRY)};
