package proxy

import (
	"strings"

	"google.golang.org/grpc/metadata"
)

// outward drops what gRPC writes itself.
func outward(md metadata.MD) metadata.MD {
	for name := range md {
		if name == "content-type" || strings.HasPrefix(name, "grpc-") {
			delete(md, name)
		}
	}
	return md
}

// first is the only value of a name; empty where there is none or more than one.
func first(md metadata.MD, name string) string {
	if values := md[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}
