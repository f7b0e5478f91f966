package self

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	"ordermesh.dev/gateway/internal/call"
)

const (
	// Errors of one order, and events of one error, that a record has.
	maxErrors = 20
	maxEvents = 1000
	// maxContents is how many bytes the payloads of one error's edits may have in a record.
	maxContents = 4 << 20
)

// GetOrderRecord gathers everything about one order.
func (s *Service) GetOrderRecord(
	ctx context.Context, request *gatewayv1.GetOrderRecordRequest,
) (*gatewayv1.FlightRecord, error) {
	ctx = onBehalf(ctx)
	record := &gatewayv1.FlightRecord{}
	if err := s.addOrder(ctx, request.GetId(), record); err != nil {
		return nil, err
	}
	listed, err := s.Errors.ListErrors(ctx, &errorv1.ListErrorsRequest{OrderId: request.GetId(), PageSize: maxErrors})
	if err != nil {
		return nil, err
	}
	return record, s.addErrors(ctx, listed.GetErrors(), record)
}

// GetErrorRecord gathers everything about one error, and about the order that it has become.
func (s *Service) GetErrorRecord(
	ctx context.Context, request *gatewayv1.GetErrorRecordRequest,
) (*gatewayv1.FlightRecord, error) {
	ctx = onBehalf(ctx)
	found, err := s.Errors.GetError(ctx, &errorv1.GetErrorRequest{Id: request.GetId()})
	if err != nil {
		return nil, err
	}
	record := &gatewayv1.FlightRecord{}
	if id := found.GetResolvedOrderId(); id != "" {
		if err := s.addOrder(ctx, id, record); err != nil {
			return nil, err
		}
	}
	return record, s.addErrors(ctx, []*errorv1.OrderError{found}, record)
}

// onBehalf asks the stores as the gateway was asked: they check again what the caller may see.
func onBehalf(ctx context.Context) context.Context {
	incoming, _ := metadata.FromIncomingContext(ctx)
	outgoing := metadata.MD{}
	for _, name := range []string{call.IdentityMetadata, "x-request-id", "traceparent"} {
		if values := incoming[name]; len(values) > 0 {
			outgoing[name] = values
		}
	}
	return metadata.NewOutgoingContext(ctx, outgoing)
}

func (s *Service) addOrder(ctx context.Context, id string, record *gatewayv1.FlightRecord) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		record.Order, err = s.Orders.GetOrder(ctx, &orderv1.GetOrderRequest{Id: id})
		return err
	})
	group.Go(func() error {
		listed, err := s.Orders.ListOrderDeliveries(ctx, &orderv1.ListOrderDeliveriesRequest{OrderId: id})
		record.Deliveries = listed.GetDeliveries()
		return err
	})
	return group.Wait()
}

// addErrors adds what is known of each error, in the order given.
func (s *Service) addErrors(ctx context.Context, found []*errorv1.OrderError, record *gatewayv1.FlightRecord) error {
	records := make([]*gatewayv1.ErrorRecord, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, one := range found {
		group.Go(func() (err error) {
			records[i], err = s.recordOf(ctx, one.GetId())
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	// One that was swept meanwhile is no more.
	record.Errors = slices.DeleteFunc(records, func(one *gatewayv1.ErrorRecord) bool { return one == nil })
	return nil
}

// recordOf gives what is known of one error; nil where it is gone.
func (s *Service) recordOf(ctx context.Context, id string) (*gatewayv1.ErrorRecord, error) {
	record := &gatewayv1.ErrorRecord{}
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		record.Error, err = s.Errors.GetError(together, &errorv1.GetErrorRequest{Id: id})
		return err
	})
	group.Go(func() (err error) {
		record.Edits, err = s.edits(together, id)
		return err
	})
	group.Go(func() error {
		listed, err := s.Errors.ListErrorDeliveries(together, &errorv1.ListErrorDeliveriesRequest{ErrorId: id})
		record.Deliveries = listed.GetDeliveries()
		return err
	})
	group.Go(func() (err error) {
		record.Events, err = s.events(together, id)
		return err
	})
	if err := group.Wait(); status.Code(err) == codes.NotFound {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	// The group's context has ended with it.
	var err error
	record.Jobs, err = s.jobs(ctx, record.GetEvents())
	return record, err
}

// edits gives the whole chain; its contents only as far as there is room.
func (s *Service) edits(ctx context.Context, id string) ([]*errorv1.ErrorEdit, error) {
	var edits []*errorv1.ErrorEdit
	bytes := 0
	request := &errorv1.ListErrorEditsRequest{Id: id}
	for {
		page, err := s.Review.ListErrorEdits(ctx, request)
		if err != nil {
			return nil, err
		}
		for _, edit := range page.GetEdits() {
			bytes += len(edit.GetRawPayload())
			if bytes > maxContents {
				edit.Content = nil
			}
			edits = append(edits, edit)
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return edits, nil
		}
	}
}

// events gives the newest ones, oldest first.
func (s *Service) events(ctx context.Context, id string) ([]*errorv1.ErrorEvent, error) {
	var events []*errorv1.ErrorEvent
	request := &errorv1.ListErrorEventsRequest{ErrorId: id, PageSize: maxEvents}
	for {
		page, err := s.Review.ListErrorEvents(ctx, request)
		if err != nil {
			return nil, err
		}
		events = append(events, page.GetEvents()...)
		events = events[max(0, len(events)-maxEvents):]
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return events, nil
		}
	}
}

// jobs gives the jobs that the events name, each once.
func (s *Service) jobs(ctx context.Context, events []*errorv1.ErrorEvent) ([]*errorv1.RepairJob, error) {
	var jobs []*errorv1.RepairJob
	known := map[string]bool{"": true}
	for _, event := range events {
		id := event.GetJobId()
		if known[id] {
			continue
		}
		known[id] = true
		job, err := s.Repair.GetJob(ctx, &errorv1.GetJobRequest{Id: id})
		// A partner does not see a job of an operator's, though he sees what it did to his error.
		if status.Code(err) == codes.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}
