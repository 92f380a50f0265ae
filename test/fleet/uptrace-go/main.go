// Command uptrace-go sends what main.mjs beside it sends, by uptrace-go: the reference that requests of ours are compared with.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/uptrace-go/uptrace"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/global"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	ctx := context.Background()
	uptrace.ConfigureOpentelemetry(
		uptrace.WithServiceName("shop"),
		uptrace.WithServiceVersion("1.2.3"),
		uptrace.WithDeploymentEnvironment("testing"),
		uptrace.WithResourceAttributes(attribute.String("team", "orders")),
	)
	defer uptrace.Shutdown(ctx)

	tracer := otel.Tracer("app", trace.WithInstrumentationVersion("0.1.0"))
	inside, parent := tracer.Start(ctx, "checkout")
	_, child := tracer.Start(inside, "GET /posts/:id",
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(trace.Link{SpanContext: parent.SpanContext(), Attributes: []attribute.KeyValue{attribute.Int("n", 1)}}),
		trace.WithAttributes(
			attribute.String("text", "a"), attribute.Int("int", 7), attribute.Float64("float", 1.5), attribute.Float64("whole", 2),
			attribute.Bool("flag", true), attribute.StringSlice("list", []string{"a", "b"}), attribute.IntSlice("ints", []int{1, 2}),
		))
	child.AddEvent("picked", trace.WithAttributes(attribute.String("shelf", "b")))
	child.RecordError(errors.New("post 123 is not there"))
	child.SetStatus(codes.Error, "post 123 is not there")
	child.End()

	meter := otel.Meter("app", metric.WithInstrumentationVersion("0.1.0"))
	orders, _ := meter.Int64Counter("shop.orders", metric.WithUnit("{order}"), metric.WithDescription("Orders taken"))
	orders.Add(inside, 3, metric.WithAttributes(attribute.String("country", "fr")))
	open, _ := meter.Int64UpDownCounter("shop.orders.open")
	open.Add(inside, 2)
	duration, _ := meter.Float64Histogram("shop.order.duration", metric.WithUnit("s"))
	duration.Record(inside, 0.25)
	queue, _ := meter.Int64Gauge("shop.queue.length")
	queue.Record(inside, 4)
	visits, _ := meter.Int64ObservableCounter("shop.visits")
	_, _ = meter.RegisterCallback(func(_ context.Context, observer metric.Observer) error {
		observer.ObserveInt64(visits, 9)
		return nil
	}, visits)

	var record log.Record
	record.SetSeverity(log.SeverityWarn)
	record.SetSeverityText("WARN")
	record.SetBody(log.StringValue("stock is low"))
	record.AddAttributes(log.Int("left", 2))
	global.GetLoggerProvider().Logger("app", log.WithInstrumentationVersion("0.1.0")).Emit(inside, record)

	parent.End()
	fmt.Println(uptrace.TraceURL(parent))
}
