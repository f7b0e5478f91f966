package edge

import (
	"google.golang.org/protobuf/proto"

	gatewayv1 "ordermesh.dev/client/ordermesh/gateway/v1"
)

const gatewayAPI = "ordermesh.gateway.v1.GatewayService/"

func init() {
	table[gatewayAPI+"GetSession"] = row{good: func(*world) proto.Message { return &gatewayv1.GetSessionRequest{} }}
	table[gatewayAPI+"WatchOverview"] = row{good: func(*world) proto.Message { return &gatewayv1.WatchOverviewRequest{} }}
	table[gatewayAPI+"GetOrderRecord"] = row{
		good:    func(w *world) proto.Message { return &gatewayv1.GetOrderRecordRequest{Id: w.orderID} },
		missing: func(*world) proto.Message { return &gatewayv1.GetOrderRecordRequest{Id: missingID} },
		bad:     func(*world) proto.Message { return &gatewayv1.GetOrderRecordRequest{Id: "nonsense"} },
		badCode: notFound, foreign: notFound,
	}
	table[gatewayAPI+"GetErrorRecord"] = row{
		good:    func(w *world) proto.Message { return &gatewayv1.GetErrorRecordRequest{Id: w.errorID} },
		missing: func(*world) proto.Message { return &gatewayv1.GetErrorRecordRequest{Id: missingID} },
		bad:     func(*world) proto.Message { return &gatewayv1.GetErrorRecordRequest{Id: "nonsense"} },
		badCode: notFound, foreign: notFound,
	}
}
