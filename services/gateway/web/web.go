// Package web holds the pages that the gateway serves. tools/openapi/build and tools/lib/build-dashboard make them.
package web

import "embed"

// Files are generated/: the dashboard, the API's pages, openapi.json.
//
//go:embed generated
var Files embed.FS
