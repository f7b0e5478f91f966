package partners

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

const (
	usageInterval = 10 * time.Second
	usageTimeout  = 5 * time.Second
	maxUses       = 10_000
)

// ReportUsage tells the partners service every 10 s when keys were last used, until the context ends.
func ReportUsage(ctx context.Context, client partnersv1.PartnerSyncServiceClient, ring *Ring, log *slog.Logger) {
	ticker := time.NewTicker(usageInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := ring.reportOnce(ctx, client); err != nil {
				log.Warn("the use of keys could not be reported; the next report has it", "error", err)
			}
		}
	}
}

func (r *Ring) reportOnce(ctx context.Context, client partnersv1.PartnerSyncServiceClient) error {
	keys := r.keys.Load()
	if keys == nil {
		return nil
	}
	var request partnersv1.ReportKeyUseRequest
	reported := make([]*usage, 0, len(*keys))
	for _, key := range *keys {
		last := key.used.last.Load()
		if last == key.used.reported.Load() || len(reported) == maxUses {
			continue
		}
		request.Uses = append(request.Uses, &partnersv1.KeyUse{
			PartnerId: key.PartnerID, KeyId: key.KeyID, LastUsedTime: &timestamppb.Timestamp{Seconds: last},
		})
		reported = append(reported, key.used)
	}
	if len(reported) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, usageTimeout)
	defer cancel()
	if _, err := client.ReportKeyUse(ctx, &request); err != nil {
		return err
	}
	for i, used := range reported {
		used.reported.Store(request.Uses[i].GetLastUsedTime().GetSeconds())
	}
	return nil
}
