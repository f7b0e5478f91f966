package partners

import (
	"context"
	"crypto/hmac"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	"ordermesh.dev/gateway/internal/refuse"
)

// Ring holds the live keys. Authenticate may be called from everywhere; Replace from one goroutine.
type Ring struct {
	pepper Pepper
	leases *Leases
	now    func() time.Time
	keys   atomic.Pointer[map[digest]*Key]
}

// NewRing has no keys yet. Its keys take their queries out of leases.
func NewRing(pepper Pepper, leases *Leases) *Ring {
	return &Ring{pepper: pepper, leases: leases, now: time.Now}
}

// Ready says whether the partners are known: from the copy on disk, or from the partners service.
func (r *Ring) Ready() bool { return r.keys.Load() != nil }

// Authenticate gives the live key of an API key. UNAUTHENTICATED for anything else; PERMISSION_DENIED
// (PARTNER_SUSPENDED) for a suspended partner's; UNAVAILABLE before the partners are known.
func (r *Ring) Authenticate(apiKey string) (*Key, error) {
	if !IsKey(apiKey) {
		return nil, refuse.Unauthenticated("the API key is not valid")
	}
	keys := r.keys.Load()
	if keys == nil {
		return nil, refuse.Retry(codes.Unavailable, "NOT_READY", "the gateway does not know the partners yet", time.Second)
	}
	found := r.pepper.digest(apiKey)
	key := (*keys)[found]
	// The look-up compares digests of a secret pepper, which tell nothing about the key; this comparison is for good
	// order.
	if key == nil || !hmac.Equal(key.digest[:], found[:]) {
		return nil, refuse.Unauthenticated("the API key is not valid")
	}
	now := r.now()
	if !key.expires.IsZero() && !now.Before(key.expires) {
		return nil, errExpired
	}
	if key.suspended {
		return nil, errSuspended
	}
	key.used.last.Store(now.Unix())
	return key, nil
}

// Replace takes over a complete view of the partners. Keys that are no longer in it end at once.
func (r *Ring) Replace(records map[string]*partnersv1.PartnerRecord) {
	before := map[digest]*Key{}
	if keys := r.keys.Load(); keys != nil {
		before = *keys
	}
	after := make(map[digest]*Key, len(before))
	for _, record := range records {
		for _, sent := range record.GetKeys() {
			if len(sent.GetHmac()) != len(digest{}) {
				continue
			}
			id := digest(sent.GetHmac())
			after[id] = r.renew(before[id], id, record.GetPartner(), sent.GetApiKey())
		}
	}
	r.keys.Store(&after)
	for id, key := range before {
		if after[id] == key {
			continue
		}
		if after[id] != nil && after[id].suspended {
			key.stop(errCutOff)
		} else {
			key.stop(errRevoked)
		}
	}
}

// renew gives the key as it is now: the one before where nothing changed but limits.
func (r *Ring) renew(before *Key, id digest, partner *partnersv1.Partner, sent *partnersv1.ApiKey) *Key {
	suspended := partner.GetState() == partnersv1.Partner_SUSPENDED
	var expires time.Time
	if sent.GetExpireTime() != nil {
		expires = sent.GetExpireTime().AsTime()
	}
	if before != nil {
		before.Queries.SetLimit(partner.GetQueryLimit())
		if before.suspended == suspended && before.expires.Equal(expires) && before.KeyID == sent.GetKeyId() {
			return before
		}
	}
	key := &Key{
		PartnerID: partner.GetPartnerId(), KeyID: sent.GetKeyId(),
		digest: id, expires: expires, suspended: suspended, used: &usage{},
	}
	key.valid, key.end = context.WithCancelCause(context.Background())
	if before != nil {
		key.Queries, key.used = before.Queries, before.used
	} else {
		key.Queries = r.leases.NewBucket(key.PartnerID, key.KeyID, partner.GetQueryLimit())
	}
	if !expires.IsZero() {
		key.timer = time.AfterFunc(expires.Sub(r.now()), func() { key.end(errExpired) })
	}
	return key
}

func (k *Key) stop(cause error) {
	if k.timer != nil {
		k.timer.Stop()
	}
	k.end(cause)
}
