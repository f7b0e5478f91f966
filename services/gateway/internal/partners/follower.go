package partners

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/google/renameio/v2"
	"google.golang.org/protobuf/proto"

	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
)

const (
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
)

// Follower keeps a ring up to date.
type Follower struct {
	Client partnersv1.PartnerSyncServiceClient
	Ring   *Ring
	// Where the copy is kept; empty: nowhere.
	CopyFile string
	Log      *slog.Logger
}

// LoadCopy fills the ring from the copy on disk, where there is a good one.
func (f *Follower) LoadCopy() {
	if f.CopyFile == "" {
		return
	}
	data, err := os.ReadFile(f.CopyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var stored partnersv1.PartnerCopy
	if err == nil {
		err = proto.Unmarshal(data, &stored)
	}
	if err != nil {
		f.Log.Warn("the copy of the partners cannot be used", "file", f.CopyFile, "error", err)
		return
	}
	records := make(map[string]*partnersv1.PartnerRecord, len(stored.GetPartners()))
	for _, record := range stored.GetPartners() {
		records[record.GetPartner().GetPartnerId()] = record
	}
	f.Ring.Replace(records)
}

// Run follows until the context ends.
func (f *Follower) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		followed, err := f.watch(ctx)
		if followed {
			pause = firstPause
		}
		if ctx.Err() != nil {
			return
		}
		f.Log.Warn("the partners service is away; the last copy is used", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

// watch follows one stream to its end and says whether it had a complete view.
func (f *Follower) watch(ctx context.Context) (followed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := f.Client.WatchPartners(ctx, &partnersv1.WatchPartnersRequest{IncludeKeys: true})
	if err != nil {
		return false, err
	}
	records := map[string]*partnersv1.PartnerRecord{}
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return followed, nil
		}
		if err != nil {
			return followed, err
		}
		if message.GetReset_() {
			clear(records)
		}
		for _, record := range message.GetPartners() {
			records[record.GetPartner().GetPartnerId()] = record
		}
		if message.GetComplete() {
			followed = true
			f.Ring.Replace(records)
			f.saveCopy(records)
		}
	}
}

func (f *Follower) saveCopy(records map[string]*partnersv1.PartnerRecord) {
	if f.CopyFile == "" {
		return
	}
	var stored partnersv1.PartnerCopy
	for _, record := range records {
		stored.Partners = append(stored.Partners, record)
	}
	data, err := proto.Marshal(&stored)
	if err == nil {
		err = renameio.WriteFile(f.CopyFile, data, 0o600, renameio.IgnoreUmask())
	}
	if err != nil {
		f.Log.Error("the copy of the partners could not be kept", "file", f.CopyFile, "error", err)
	}
}
