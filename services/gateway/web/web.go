// Package web holds the pages that the gateway serves. tools/openapi/build makes those below generated/.
package web

import "embed"

// Files are index.html and generated/.
//
//go:embed index.html generated
var Files embed.FS
