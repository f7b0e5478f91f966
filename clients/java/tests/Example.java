import com.google.protobuf.ByteString;
import dev.ordermesh.feed.v1.FeedServiceGrpc;
import dev.ordermesh.feed.v1.SubmitOrderRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Files;
import java.nio.file.Path;

public class Example {
  public static void main(String[] arguments) throws Exception {
    var headers = new Metadata();
    var key = Files.readString(Path.of(System.getenv("ORDERMESH_KEY_FILE"))).strip();
    headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key);
    var channel = Grpc.newChannelBuilder(System.getenv("ORDERMESH_ADDRESS"), InsecureChannelCredentials.create())
        .intercept(MetadataUtils.newAttachHeadersInterceptor(headers)).build();
    var order = ByteString.copyFrom(Files.readAllBytes(Path.of("order.json")));
    var verdict = FeedServiceGrpc.newBlockingStub(channel)
        .submitOrder(SubmitOrderRequest.newBuilder().setPartnerId("partner-b").setRawPayload(order).build());
    System.out.println(verdict.getVerdict() + " " + verdict.getOrderId() + " " + verdict.getViolationsList());
    channel.shutdown();
  }
}
