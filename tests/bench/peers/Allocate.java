import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The fixed job on Kafka Streams: the Processor API over two persistent stores with changelogs, exactly_once_v2.
 *
 * <p>Arguments: brokers, input topic, output topic (also the application's id), folder for RocksDB, further settings as name=value.
 */
public final class Allocate {
  static final int STOCK = 1000;
  static final byte[] SEEN = {1};
  static final ObjectMapper JSON = new ObjectMapper();

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Line(String sku, int qty) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Order(String tenant, String channel, String order_id, String pool, List<Line> lines) {
    boolean valid() {
      return order_id != null && pool != null && lines != null && !lines.isEmpty()
          && lines.stream().allMatch(line -> line.sku() != null && line.qty() > 0);
    }

    String key() {
      return tenant + "|" + channel + "|" + order_id;
    }
  }

  record Decided(String sku, int qty, boolean reserved) {}

  record Decision(String order_id, String pool, String status, List<Decided> lines) {}

  static final class Read<T> implements Deserializer<T> {
    private final ObjectReader reader;

    Read(Class<T> type) {
      reader = JSON.readerFor(type);
    }

    @Override
    public T deserialize(String topic, byte[] data) {
      try {
        return data == null ? null : reader.readValue(data);
      } catch (IOException wrong) {
        throw new UncheckedIOException(wrong);
      }
    }
  }

  static final class Write implements Serializer<Decision> {
    private final ObjectWriter writer = JSON.writerFor(new TypeReference<Decision>() {});

    @Override
    public byte[] serialize(String topic, Decision decision) {
      try {
        return writer.writeValueAsBytes(decision);
      } catch (IOException wrong) {
        throw new UncheckedIOException(wrong);
      }
    }
  }

  static final class Allocation implements Processor<String, Order, String, Decision> {
    private ProcessorContext<String, Decision> context;
    private KeyValueStore<String, byte[]> seen;
    private KeyValueStore<String, Integer> stock;

    @Override
    public void init(ProcessorContext<String, Decision> context) {
      this.context = context;
      seen = context.getStateStore("seen");
      stock = context.getStateStore("stock");
    }

    @Override
    public void process(Record<String, Order> record) {
      Order order = record.value();
      if (order == null || !order.valid() || seen.putIfAbsent(order.key(), SEEN) != null) {
        return;
      }
      String status = "reserved";
      List<Decided> lines = new ArrayList<>(order.lines().size());
      for (Line line : order.lines()) {
        boolean reserved = reserve(order.pool() + "|" + line.sku(), line.qty());
        status = reserved ? status : "backordered";
        lines.add(new Decided(line.sku(), line.qty(), reserved));
      }
      context.forward(record.withValue(new Decision(order.order_id(), order.pool(), status, lines)));
    }

    private boolean reserve(String cell, int wanted) {
      Integer known = stock.get(cell);
      int left = known == null ? STOCK : known;
      if (left < wanted) {
        return false;
      }
      stock.put(cell, left - wanted);
      return true;
    }
  }

  static Topology topology(String input, String output) {
    // stores are not cached unless asked: the best that was found
    StoreBuilder<?> seen = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("seen"), Serdes.String(), Serdes.ByteArray());
    StoreBuilder<?> stock = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("stock"), Serdes.String(), Serdes.Integer());
    return new Topology()
        .addSource("orders", new StringDeserializer(), new Read<>(Order.class), input)
        .addProcessor("allocate", Allocation::new, "orders")
        .addStateStore(seen.withLoggingEnabled(Map.of()), "allocate")
        .addStateStore(stock.withLoggingEnabled(Map.of()), "allocate")
        .addSink("decisions", output, new StringSerializer(), new Write(), "allocate");
  }

  public static void main(String[] arguments) throws InterruptedException {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[3]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    for (int at = 4; at < arguments.length; at++) {
      String[] setting = arguments[at].split("=", 2);
      settings.put(setting[0], setting[1]);
    }
    KafkaStreams streams = new KafkaStreams(topology(arguments[1], arguments[2]), settings);
    CountDownLatch ended = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.ERROR) {
        ended.countDown();
      }
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(15))));
    streams.start();
    ended.await();
    System.exit(1);
  }
}
