// Package client is the root of the generated Go client of Ordermesh: ordermesh/feed/v1 sends orders,
// ordermesh/order/v1 and ordermesh/error/v1 read what became of them, ordermesh/partners/v1 manages partners.
package client
