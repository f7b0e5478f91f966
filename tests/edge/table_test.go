package edge

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	commonv1 "ordermesh.dev/client/ordermesh/common/v1"
	errorv1 "ordermesh.dev/client/ordermesh/error/v1"
	feedv1 "ordermesh.dev/client/ordermesh/feed/v1"
	orderv1 "ordermesh.dev/client/ordermesh/order/v1"
	partnersv1 "ordermesh.dev/client/ordermesh/partners/v1"
	validationv1 "ordermesh.dev/client/ordermesh/validation/v1"
)

// row is what the conformance test knows of one method. Requests are about partner-a unless said otherwise.
type row struct {
	// good is answered with OK for everybody whose role may call it.
	good func(*world) proto.Message
	// bad is refused with badCode for everybody whose role may call it; nil where no request can be bad.
	bad     func(*world) proto.Message
	badCode codes.Code
	// foreign is the code for another partner's key with the good request: PERMISSION_DENIED where it names a partner,
	// NOT_FOUND where it names an id; OK where the answer holds nothing of partner-a.
	foreign codes.Code
	// missing is the same request about something that does not exist: the foreign answer must equal it byte for byte.
	missing func(*world) proto.Message
	// undo puts things back after a good call.
	undo func(*world, proto.Message)
}

// world is what the requests are about.
type world struct {
	orderID, errorID string // of partner-a
	keyID            string // of the partner conformance: it may be revoked again and again
	configs          []*validationv1.ConfigFile
	count            int
}

const (
	invalid  = codes.InvalidArgument
	notFound = codes.NotFound
	denied   = codes.PermissionDenied
)

func payload(w *world) []byte { w.count++; return orderA(w.count) }

var table = map[string]row{
	"ordermesh.feed.v1.FeedService/SubmitOrder": {
		good: func(w *world) proto.Message {
			return &feedv1.SubmitOrderRequest{PartnerId: "partner-a", Content: &feedv1.SubmitOrderRequest_RawPayload{RawPayload: payload(w)}}
		},
		foreign: denied,
	},
	"ordermesh.feed.v1.FeedService/BatchSubmitOrders": {
		good: func(w *world) proto.Message {
			return &feedv1.BatchSubmitOrdersRequest{PartnerId: "partner-a",
				Orders: []*feedv1.OrderInput{{Content: &feedv1.OrderInput_RawPayload{RawPayload: payload(w)}}}}
		},
		bad:     func(*world) proto.Message { return &feedv1.BatchSubmitOrdersRequest{PartnerId: "partner-a"} },
		badCode: invalid, foreign: denied,
	},
	"ordermesh.feed.v1.FeedService/StreamOrders": {
		good: func(w *world) proto.Message {
			return &feedv1.StreamOrdersRequest{PartnerId: "partner-a",
				Orders: []*feedv1.OrderInput{{Tag: 1, Content: &feedv1.OrderInput_RawPayload{RawPayload: payload(w)}}}}
		},
		bad:     func(*world) proto.Message { return &feedv1.StreamOrdersRequest{PartnerId: "partner-a"} },
		badCode: invalid, foreign: denied,
	},
	"ordermesh.validation.v1.ValidationService/CheckMapping": {
		good: func(w *world) proto.Message {
			return &validationv1.CheckMappingRequest{PartnerId: "partner-a", Files: w.configs}
		},
		bad:     func(*world) proto.Message { return &validationv1.CheckMappingRequest{PartnerId: "partner-a"} },
		badCode: invalid,
	},
	"ordermesh.validation.v1.ValidationService/DryRun": {
		good: func(w *world) proto.Message {
			return &validationv1.DryRunRequest{PartnerId: "partner-a", Content: &validationv1.DryRunRequest_RawPayload{RawPayload: payload(w)}}
		},
		bad:     func(*world) proto.Message { return &validationv1.DryRunRequest{PartnerId: "partner-a"} },
		badCode: invalid,
	},
	"ordermesh.order.v1.OrderService/GetOrder": {
		good:    func(w *world) proto.Message { return &orderv1.GetOrderRequest{Id: w.orderID} },
		bad:     func(*world) proto.Message { return &orderv1.GetOrderRequest{Id: "nonsense"} },
		badCode: notFound, foreign: notFound,
		missing: func(*world) proto.Message {
			return &orderv1.GetOrderRequest{Id: "00000000-0000-8000-8000-0000000000ff"}
		},
	},
	"ordermesh.order.v1.OrderService/ListOrderDeliveries": {
		good:    func(w *world) proto.Message { return &orderv1.ListOrderDeliveriesRequest{OrderId: w.orderID} },
		bad:     func(*world) proto.Message { return &orderv1.ListOrderDeliveriesRequest{OrderId: "nonsense"} },
		badCode: notFound, foreign: notFound,
		missing: func(*world) proto.Message {
			return &orderv1.ListOrderDeliveriesRequest{OrderId: "00000000-0000-8000-8000-0000000000ff"}
		},
	},
	"ordermesh.order.v1.OrderService/ListOrders": {
		good:    func(*world) proto.Message { return &orderv1.ListOrdersRequest{PartnerId: "partner-a"} },
		bad:     func(*world) proto.Message { return &orderv1.ListOrdersRequest{PartnerId: "partner-a", PageSize: -1} },
		badCode: invalid, foreign: denied,
	},
	"ordermesh.order.v1.OrderService/GetOrderStats": {
		good:    func(*world) proto.Message { return &orderv1.GetOrderStatsRequest{PartnerId: "partner-a"} },
		foreign: denied,
	},
	"ordermesh.order.v1.OrderService/WatchOrders": {
		good: func(*world) proto.Message {
			return &orderv1.WatchOrdersRequest{PartnerId: "partner-a"}
		},
		bad: func(*world) proto.Message {
			return &orderv1.WatchOrdersRequest{PartnerId: "partner-a", AfterPosition: 1 << 40}
		},
		badCode: codes.OutOfRange, foreign: denied,
	},
	"ordermesh.order.v1.OrderService/AuditOrders": {
		good: func(*world) proto.Message { return &commonv1.AuditRequest{} },
	},
	"ordermesh.error.v1.ErrorService/GetError": {
		good:    func(w *world) proto.Message { return &errorv1.GetErrorRequest{Id: w.errorID} },
		bad:     func(*world) proto.Message { return &errorv1.GetErrorRequest{Id: "nonsense"} },
		badCode: notFound, foreign: notFound,
		missing: func(*world) proto.Message {
			return &errorv1.GetErrorRequest{Id: "00000000-0000-8000-8000-0000000000ff"}
		},
	},
	"ordermesh.error.v1.ErrorService/ListErrorDeliveries": {
		good:    func(w *world) proto.Message { return &errorv1.ListErrorDeliveriesRequest{ErrorId: w.errorID} },
		bad:     func(*world) proto.Message { return &errorv1.ListErrorDeliveriesRequest{ErrorId: "nonsense"} },
		badCode: notFound, foreign: notFound,
		missing: func(*world) proto.Message {
			return &errorv1.ListErrorDeliveriesRequest{ErrorId: "00000000-0000-8000-8000-0000000000ff"}
		},
	},
	"ordermesh.error.v1.ErrorService/ListErrors": {
		good:    func(*world) proto.Message { return &errorv1.ListErrorsRequest{PartnerId: "partner-a"} },
		bad:     func(*world) proto.Message { return &errorv1.ListErrorsRequest{PartnerId: "partner-a", PageSize: -1} },
		badCode: invalid, foreign: denied,
	},
	"ordermesh.error.v1.ErrorService/GetErrorStats": {
		good:    func(*world) proto.Message { return &errorv1.GetErrorStatsRequest{PartnerId: "partner-a"} },
		foreign: denied,
	},
	"ordermesh.error.v1.ErrorService/WatchErrors": {
		good: func(*world) proto.Message {
			return &errorv1.WatchErrorsRequest{PartnerId: "partner-a"}
		},
		bad: func(*world) proto.Message {
			return &errorv1.WatchErrorsRequest{PartnerId: "partner-a", AfterPosition: 1 << 40}
		},
		badCode: codes.OutOfRange, foreign: denied,
	},
	"ordermesh.error.v1.ErrorService/AuditErrors": {
		good: func(*world) proto.Message { return &commonv1.AuditRequest{} },
	},
	"ordermesh.partners.v1.PartnersService/CreatePartner": {
		good: func(*world) proto.Message {
			return &partnersv1.CreatePartnerRequest{Partner: &partnersv1.Partner{PartnerId: "never-made"}, ValidateOnly: true}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.CreatePartnerRequest{Partner: &partnersv1.Partner{PartnerId: "Not An Id"}, ValidateOnly: true}
		},
		badCode: invalid,
	},
	"ordermesh.partners.v1.PartnersService/GetPartner": {
		good:    func(*world) proto.Message { return &partnersv1.GetPartnerRequest{PartnerId: "partner-a"} },
		foreign: denied,
	},
	"ordermesh.partners.v1.PartnersService/ListPartners": {
		good:    func(*world) proto.Message { return &partnersv1.ListPartnersRequest{} },
		bad:     func(*world) proto.Message { return &partnersv1.ListPartnersRequest{PageSize: -1} },
		badCode: invalid, foreign: codes.OK,
	},
	"ordermesh.partners.v1.PartnersService/UpdatePartner": {
		good: func(*world) proto.Message {
			return &partnersv1.UpdatePartnerRequest{ValidateOnly: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name"}},
				Partner: &partnersv1.Partner{PartnerId: "partner-a", Name: "another name"}}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.UpdatePartnerRequest{ValidateOnly: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
				Partner: &partnersv1.Partner{PartnerId: "partner-a", State: partnersv1.Partner_SUSPENDED}}
		},
		badCode: invalid,
	},
	"ordermesh.partners.v1.PartnersService/SuspendPartner": {
		good:    func(*world) proto.Message { return &partnersv1.SuspendPartnerRequest{PartnerId: "conformance"} },
		bad:     func(*world) proto.Message { return &partnersv1.SuspendPartnerRequest{PartnerId: "nobody"} },
		badCode: notFound,
	},
	"ordermesh.partners.v1.PartnersService/ActivatePartner": {
		good:    func(*world) proto.Message { return &partnersv1.ActivatePartnerRequest{PartnerId: "conformance"} },
		bad:     func(*world) proto.Message { return &partnersv1.ActivatePartnerRequest{PartnerId: "nobody"} },
		badCode: notFound,
	},
	"ordermesh.partners.v1.PartnersService/CreateConfigVersion": {
		good: func(w *world) proto.Message {
			return &partnersv1.CreateConfigVersionRequest{PartnerId: "partner-a", Files: w.configs, Message: "try", ValidateOnly: true}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.CreateConfigVersionRequest{PartnerId: "partner-a", Message: "try", ValidateOnly: true,
				Files: []*validationv1.ConfigFile{{Path: "mapping.yaml", Content: []byte("fields: [")}}}
		},
		badCode: invalid,
	},
	"ordermesh.partners.v1.PartnersService/GetConfigVersion": {
		good: func(*world) proto.Message {
			return &partnersv1.GetConfigVersionRequest{PartnerId: "partner-a", Version: 1}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.GetConfigVersionRequest{PartnerId: "partner-a", Version: 999}
		},
		badCode: notFound, foreign: denied,
	},
	"ordermesh.partners.v1.PartnersService/ListConfigVersions": {
		good: func(*world) proto.Message { return &partnersv1.ListConfigVersionsRequest{PartnerId: "partner-a"} },
		bad: func(*world) proto.Message {
			return &partnersv1.ListConfigVersionsRequest{PartnerId: "partner-a", PageSize: -1}
		},
		badCode: invalid, foreign: denied,
	},
	"ordermesh.partners.v1.PartnersService/DiffConfigVersions": {
		good: func(*world) proto.Message {
			return &partnersv1.DiffConfigVersionsRequest{PartnerId: "partner-a", Version: 1, BaseVersion: 1}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.DiffConfigVersionsRequest{PartnerId: "partner-a", Version: 999, BaseVersion: 1}
		},
		badCode: notFound, foreign: denied,
	},
	"ordermesh.partners.v1.PartnersService/RollBackConfig": {
		good: func(*world) proto.Message {
			return &partnersv1.RollBackConfigRequest{PartnerId: "partner-a", Version: 1, Message: "back"}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.RollBackConfigRequest{PartnerId: "partner-a", Version: 999, Message: "back"}
		},
		badCode: notFound,
	},
	"ordermesh.partners.v1.PartnersService/CreateApiKey": {
		good: func(*world) proto.Message {
			return &partnersv1.CreateApiKeyRequest{PartnerId: "conformance", Label: "test"}
		},
		bad:     func(*world) proto.Message { return &partnersv1.CreateApiKeyRequest{PartnerId: "nobody"} },
		badCode: notFound,
		undo: func(_ *world, m proto.Message) {
			revokeKey("conformance", m.(*partnersv1.CreateApiKeyResponse).GetApiKey().GetKeyId())
		},
	},
	"ordermesh.partners.v1.PartnersService/ListApiKeys": {
		good:    func(*world) proto.Message { return &partnersv1.ListApiKeysRequest{PartnerId: "partner-a"} },
		foreign: denied,
	},
	"ordermesh.partners.v1.PartnersService/RevokeApiKey": {
		good: func(w *world) proto.Message {
			return &partnersv1.RevokeApiKeyRequest{PartnerId: "conformance", KeyId: w.keyID}
		},
		bad: func(*world) proto.Message {
			return &partnersv1.RevokeApiKeyRequest{PartnerId: "conformance", KeyId: "key_nonsense"}
		},
		badCode: notFound,
	},
}
