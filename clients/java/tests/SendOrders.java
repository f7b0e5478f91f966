import com.google.protobuf.ByteString;
import dev.ordermesh.common.v1.OrderVerdict.Verdict;
import dev.ordermesh.feed.v1.FeedServiceGrpc;
import dev.ordermesh.feed.v1.OrderInput;
import dev.ordermesh.feed.v1.StreamOrdersRequest;
import dev.ordermesh.feed.v1.StreamOrdersResponse;
import dev.ordermesh.feed.v1.SubmitOrderRequest;
import dev.ordermesh.order.v1.GetOrderRequest;
import dev.ordermesh.order.v1.OrderServiceGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Sends orders to a running mesh with the installed jar: one alone, the same, a bad one, and 1,000 over a stream. */
public class SendOrders {
  private static final int BATCHES = 4;
  private static final int IN_BATCH = 250;
  private static final String PARTNER = "partner-b";

  public static void main(String[] arguments) throws Exception {
    var key = Files.readString(Path.of(System.getenv("ORDERMESH_KEY_FILE"))).strip();
    var plaintext = InsecureChannelCredentials.create();
    var channel = Grpc.newChannelBuilder(System.getenv("ORDERMESH_ADDRESS"), plaintext).build();
    var feed = FeedServiceGrpc.newBlockingStub(with(key, channel));
    var first = feed.submitOrder(request(100000, 2));
    expect("one order", first.getVerdict(), Verdict.CREATED);
    var again = feed.submitOrder(request(100000, 2));
    expect("the same again", again.getVerdict(), Verdict.REPLAYED);
    expect("its id", again.getOrderId(), first.getOrderId());
    var bad = feed.submitOrder(request(100001, -1));
    expect("a bad one", bad.getVerdict(), Verdict.REJECTED);
    expect("its violation", bad.getViolations(0).getField(), "quantity");

    var ids = stream(with(key, channel));
    expect("ids", (int) ids.values().stream().distinct().count(), BATCHES * IN_BATCH);
    var wanted = GetOrderRequest.newBuilder().setId(ids.get(1L)).build();
    var stored = OrderServiceGrpc.newBlockingStub(with(key, channel)).getOrder(wanted);
    expect("the stored order", stored.getRawPayload(), order(0, 2));
    try {
      FeedServiceGrpc.newBlockingStub(with("omk_live_wrong", channel)).submitOrder(request(0, 2));
      throw new AssertionError("a wrong key was taken");
    } catch (StatusRuntimeException refused) {
      expect("a wrong key", refused.getStatus().getCode(), Status.Code.UNAUTHENTICATED);
    }
    channel.shutdown().awaitTermination(5, TimeUnit.SECONDS);
    System.out.println("java: one order, one replay, one rejection, 1000 over a stream, a wrong key refused");
  }

  private static Map<Long, String> stream(Channel channel) throws Exception {
    var ids = new ConcurrentHashMap<Long, String>();
    var done = new CompletableFuture<Void>();
    var requests = FeedServiceGrpc.newStub(channel).streamOrders(new StreamObserver<StreamOrdersResponse>() {
      @Override
      public void onNext(StreamOrdersResponse answer) {
        for (var result : answer.getResultsList()) {
          var created = result.getVerdict().getVerdict() == Verdict.CREATED;
          if (!created) done.completeExceptionally(new AssertionError(result));
          ids.put(result.getTag(), result.getVerdict().getOrderId());
        }
      }

      @Override
      public void onError(Throwable failure) {
        done.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {
        done.complete(null);
      }
    });
    for (int batch = 0; batch < BATCHES; batch++) {
      var message = StreamOrdersRequest.newBuilder().setPartnerId(PARTNER);
      for (int number = batch * IN_BATCH; number < (batch + 1) * IN_BATCH; number++) {
        message.addOrders(OrderInput.newBuilder().setTag(number + 1).setRawPayload(order(number, 2)));
      }
      requests.onNext(message.build());
    }
    requests.onCompleted();
    done.get(60, TimeUnit.SECONDS);
    return ids;
  }

  private static Channel with(String key, Channel channel) {
    var headers = new Metadata();
    headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key);
    return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static SubmitOrderRequest request(int number, int quantity) {
    return SubmitOrderRequest.newBuilder().setPartnerId(PARTNER).setRawPayload(order(number, quantity)).build();
  }

  private static ByteString order(int number, int quantity) {
    return ByteString.copyFromUtf8(String.format(
        "{\"order\": {\"ref\": \"%s-java-%d\", \"placedAt\": \"2026-01-15 10:30:00\"}, \"buyer\": {\"id\": \"9001\"}, "
            + "\"items\": [{\"sku\": \"SKU-1\", \"qty\": %d, \"price\": \"10.50\"}], "
            + "\"tax\": {\"ratePercent\": 8}, \"currency\": \"EUR\"}",
        System.getenv("ORDERMESH_RUN"), number, quantity));
  }

  private static void expect(String what, Object got, Object wanted) {
    if (!Objects.equals(got, wanted)) throw new AssertionError(what + ": " + got + ", not " + wanted);
  }
}
